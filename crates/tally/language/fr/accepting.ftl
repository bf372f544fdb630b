# Accepter ce que quelqu'un d'autre a écrit dans DHIS2.
accept = Accepter ce qu'a DHIS2
accept-meaning =
    { $n ->
        [one] { $n } valeur
       *[other] { $n } valeurs
    } du rapport { $report }, comme l'exécution { $run } les a signalées, restent dans DHIS2 comme quelqu'un d'autre les a écrites. Tally n'y touche pas tant que DHIS2 n'y dit pas autre chose et que le nombre calculé par Tally ne change pas ; ensuite il les signale à nouveau. Le rapprochement les met à part.
withdraw = Revenir dessus
withdraw-meaning =
    { $n ->
        [one] { $n } valeur acceptée
       *[other] { $n } valeurs acceptées
    } du rapport { $report } sont de nouveau signalées comme modifiées par quelqu'un d'autre, dès la prochaine exécution.
accepted-values =
    { $n ->
        [one] { $n } valeur
       *[other] { $n } valeurs
    } du rapport { $report }
decisions-accepted = Acceptées comme DHIS2 les a
