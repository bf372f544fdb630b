# Ce qu'une exécution raconte à la fin.
run-title = Rapport « { $report } » (exécution { $run }) : { $first } à { $last }
run-outbreak = , flambée « { $name } »
run-from-files =
    source : fichiers de Go.Data, { $n ->
        [one] { $n } enregistrement
       *[other] { $n } enregistrements
    }
# $version et $outbreak apportent leur espace ou leur virgule, ou sont vides.
run-from-server =
    source : Go.Data{ $version } à { $url }{ $outbreak }, { $n ->
        [one] { $n } enregistrement
       *[other] { $n } enregistrements
    }
run-read-changes =
    lecture : ce qui a changé, { $n ->
        [one] { $n } enregistrement
       *[other] { $n } enregistrements
    }
run-read-snapshot = calcul par Ballista, sur un instantané de la liste linéaire
run-read-shared = lecture : aucune ; le rapport précédent a lu la liste linéaire
run-read-full = lecture : toute la liste linéaire
run-read-plan = lecture : aucune ; les enregistrements sont ceux du plan sauvegardé
run-to = destination : DHIS2 { $version } à { $url }, ensemble de données « { $data_set } »
run-report-failed = rapport « { $report } » : { $error }

account = Décompte des enregistrements
account-by-date = { $n } selon { $field }
account-unknown =
    { $n ->
        [one] { $n } inconnu pour { $dimension }
       *[other] { $n } inconnus pour { $dimension }
    }

unmapped =
    Lieux sans unité d'organisation : { $n ->
        [one] { $n } enregistrement en dépend.
       *[other] { $n } enregistrements en dépendent.
    }
# $name apporte son espace, ou est vide.
unmapped-place = { $id }{ $name } : { $n }
unmentioned = Valeurs qu'aucune définition ne mentionne ; l'une d'elles désigne-t-elle ce qui est compté ?
unmentioned-value =
    { $field } = '{ $value }' : { $n ->
        [one] { $n } enregistrement
       *[other] { $n } enregistrements
    }
issues = Qualité des données
# $sample est vide ou « such-as ».
issue = { $field } : { $n } { $rule }{ $sample }
such-as = , par exemple { $record }
quality = Qualité des données : `tally quality` dit où, et quels enregistrements
quality-finding =
    { $field } : { $n } { $rule } dans { $places ->
        [one] { $places } lieu
       *[other] { $places } lieux
    }{ $sample }
quality-more = ... et { $n ->
        [one] { $n } autre constat
       *[other] { $n } autres constats
    }
quality-alike =
    { $likeness } : { $n ->
        [one] { $n } enregistrement
       *[other] { $n } enregistrements
    } en { $groups ->
        [one] { $groups } groupe
       *[other] { $groups } groupes
    }

rejected =
    { $n ->
        [one] { $n } valeur rejetée par DHIS2
       *[other] { $n } valeurs rejetées par DHIS2
    }
# $code apporte son espace, ou est vide.
rejected-value = { $value } : { $code }{ $reason }
rejected-next = Quand DHIS2 les acceptera, relancez l'exécution : seul ce qui manque est envoyé.
different =
    { $n ->
        [one] { $n } valeur n'est pas comme elle doit être
       *[other] { $n } valeurs ne sont pas comme elles doivent être
    }
different-value = { $value } : attendu { $should }, DHIS2 dit { $says }
nothing = rien

run-nothing-to-push =
    rien à envoyer ; { $n ->
        [one] { $n } valeur vérifiée
       *[other] { $n } valeurs vérifiées
    }
run-pushed =
    { $n ->
        [one] { $n } valeur envoyée
       *[other] { $n } valeurs envoyées
    }, { $verified ->
        [one] { $verified } vérifiée
       *[other] { $verified } vérifiées
    }
run-planned = plan établi ; rien n'a été envoyé
run-ended = { $verdict } : { $what }. { $secs } s ({ $steps })
verdict-clean = complet
verdict-partial = partiel
verdict-held = en attente
verdict-failed = échec
verdict-cancelled = annulé
place-not-among-locations = (absent des lieux de Go.Data)
place-not-mapped = (sans correspondance)
place-unknown-location = (lieu inconnu)
place-none = (sans lieu)

# Les exécutions passées.
history-none = Aucune exécution pour l'instant.
history-periods = { $first } à { $last }
history-run = Exécution { $run } du rapport « { $report } » : { $outcome }
history-why = {" : "}{ $error }
