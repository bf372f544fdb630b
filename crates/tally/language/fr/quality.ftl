# Ce qui manque ou ne se peut dans les enregistrements, comme les constats le nomment.
rule-missing = sans valeur
rule-in-the-future = dans le futur
rule-too-early = trop tôt
rule-onset-after-reporting = début des symptômes après la notification
rule-infection-after-onset = infection après le début des symptômes
rule-outcome-before-onset = issue avant le début des symptômes
rule-burial-before-outcome = inhumation avant l'issue
rule-reporting-after-entry = notification après la saisie
rule-death-without-date = décès sans date
rule-outcome-without-date = issue sans date
rule-date-without-outcome = date sans issue
rule-burial-without-death = inhumation sans décès
rule-no-start = sans début
rule-end-before-start = fin avant le début
rule-stay-before-onset = séjour avant le début des symptômes
rule-case-date-of-contact = date de cas chez un contact
rule-age-too-high = âge trop élevé
rule-months-beyond-year = mois au-delà d'un an
rule-pregnant-male = grossesse chez un homme
rule-unknown-location = lieu inconnu
rule-not-mapped = sans correspondance
rule-not-in-reference-data = hors des données de référence
rule-not-mentioned = sans mention dans les définitions
rule-unreadable = impossible à lire
likeness-visual-id = même numéro de cas
likeness-traits = mêmes caractéristiques

quality-of-run =
    Qualité des données du rapport « { $report } » : { $n ->
        [one] { $n } enregistrement
       *[other] { $n } enregistrements
    } dans { $places ->
        [one] { $places } lieu
       *[other] { $places } lieux
    }, selon l'exécution { $run }, { $at }
quality-of-line-list =
    Qualité des données du rapport « { $report } » : { $n ->
        [one] { $n } enregistrement
       *[other] { $n } enregistrements
    } dans { $places ->
        [one] { $places } lieu
       *[other] { $places } lieux
    }, selon la liste linéaire, { $at }
quality-nothing = Rien ne manque et rien n'est impossible dans ce qui a été examiné.
quality-what-is-missing = Ce qui manque ou ne se peut
quality-duplicates = Doublons probables
quality-duplicates-none = { $likeness } : aucun
quality-duplicates-unknown = { $likeness } : trop d'enregistrements pour les comparer au passage ; --records compare ceux de la liste linéaire
quality-all = tous
quality-delays = Délais : les jours en lesquels telle part est faite
quality-records = Enregistrements
quality-more-records = ... et { $n ->
        [one] { $n } autre constat ; --output csv et --output json l'ont aussi.
       *[other] { $n } autres constats ; --output csv et --output json les ont tous.
    }
quality-more-groups = ... et { $n ->
        [one] { $n } autre groupe ; --output csv et --output json l'ont aussi.
       *[other] { $n } autres groupes ; --output csv et --output json les ont tous.
    }
quality-groups = Enregistrements qui sont peut-être une seule personne
quality-not-looked-at = Non examiné, car ce qu'il faut n'est pas lu ; `all_rules = true` sous `[quality]` en fait lire la plupart
quality-over = plus de { $days }
quality-under = moins de { $days }
quality-more-places =
    { $n ->
        [one] { $n } autre
       *[other] { $n } autres
    }
delay-onset-to-reporting = début des symptômes .. notification
delay-onset-to-stay = début des symptômes .. séjour
delay-reporting-to-classification = notification .. classification
delay-reporting-to-entry = notification .. saisie
delay-onset-to-outcome = début des symptômes .. issue
