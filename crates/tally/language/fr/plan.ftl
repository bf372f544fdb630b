# Ce qui changerait dans DHIS2, et pourquoi.
plan-title = Rapport « { $report } » : { $first } à { $last }
plan = Plan
action-create = créer
action-update = modifier
action-retract = retirer
action-retract-to-zero = mettre à zéro
action-unchanged = inchangée
action-drifted = divergente
action-existing = existante
action-accepted = acceptée
action-held = en attente
more-values = ... et { $n ->
        [one] { $n } autre valeur ; --all la montre.
       *[other] { $n } autres valeurs ; --all les montre.
    }
# Avec --all, quand l'historique n'en a pas plus.
more-values-elsewhere = ... et { $n ->
        [one] { $n } autre valeur.
       *[other] { $n } autres valeurs.
    }
# $place apporte son espace et ses parenthèses, ou est vide.
plan-held =
    en attente : { $n ->
        [one] { $n } valeur
       *[other] { $n } valeurs
    }{ $place } : { $reason }
plan-suppressed =
    omises car petits effectifs : { $n ->
        [one] { $n } valeur
       *[other] { $n } valeurs
    } de { $element } (suppression primaire), et { $others } par lesquelles on pourrait les calculer (suppression complémentaire)
plan-drifted =
    divergente : quelqu'un a changé { $n ->
        [one] { $n } valeur écrite
       *[other] { $n } valeurs écrites
    } par Tally. Voyez avec cette personne quel nombre est juste ; `on_drift = "overwrite"` dans le rapport fait prévaloir celui de Tally.
plan-existing =
    existante : quelqu'un d'autre a écrit { $n ->
        [one] { $n } valeur
       *[other] { $n } valeurs
    } avant Tally. Voyez avec cette personne quel nombre est juste ; `on_existing = "overwrite"` dans le rapport fait prévaloir celui de Tally.
plan-waits = Le plan entier attend. Examinez-le avec `tally plan --all` ; s'il est juste, `tally apply --held` l'envoie.
plan-records = Les enregistrements derrière les changements :
plan-records-of = { $value } :
plan-record = { $record } { $movement } : { $why }
plan-more-records = ... et { $n ->
        [one] { $n } autre enregistrement
       *[other] { $n } autres enregistrements
    }.
plan-saved = Le plan est dans { $path } ; `tally apply { $path }` l'exécute.

# Pourquoi une valeur change.
why-somebody = par { $by }
why-somebody-at = par { $by }, { $at }
why-entered =
    { $n ->
        [one] { $n } entré
       *[other] { $n } entrés
    }
why-left =
    { $n ->
        [one] { $n } sorti
       *[other] { $n } sortis
    }
why-revised =
    { $n ->
        [one] { $n } révisé
       *[other] { $n } révisés
    }
why-moved = { $moved } : { $why }
movement-entered = entré
movement-left = sorti
movement-revised = révisé
why-new = nouveau, ou rétabli
why-gone = supprimé, fusionné ou converti
why-time = le temps a passé
why-converted = converti
why-reclassified = reclassé
why-place = autre lieu ({ $field })
why-date = autre date ({ $field })
why-field = { $field } a changé
reason-first =
    première valeur, { $n ->
        [one] { $n } enregistrement
       *[other] { $n } enregistrements
    }
reason-losses = { $lost } sur { $of } de ce que Tally a rapporté disparaîtraient, plus que losses_max_percent = { $percent } ne permet sans l'accord d'une personne
reason-somebody-changed = quelqu'un a changé ce que Tally avait écrit
reason-somebody-before = quelqu'un a écrit avant Tally
reason-accepted = quelqu'un l'a acceptée
reason-no-rule = aucune règle ne s'applique, et personne ne l'a déclaré
reason-person = une personne l'a déclaré
reason-rule = la règle { $number } s'applique, { $rule } : { $numbers }
reason-otherwise = aucune règle ne s'applique : { $numbers }
reason-everywhere = dit pour tous les lieux et toutes les périodes
reason-wrote-before = Tally avait écrit { $value }
reason-not-written = le rapport n'écrit plus cette valeur depuis l'exécution { $run }
reason-configuration = la configuration ou la table des lieux a changé depuis l'exécution { $run }
reason-not-kept = l'état antérieur des enregistrements n'est pas conservé depuis l'exécution { $run }
reason-time = le temps a passé : des intervalles ouverts se sont allongés depuis l'exécution { $run }
reason-unexplained = non expliqué par les enregistrements depuis l'exécution { $run }

# Pourquoi un enregistrement n'est pas compté.
excluded-other-kind = d'un autre type
excluded-condition-false = à condition fausse
excluded-condition-unknown = à condition inconnue
excluded-no-date = sans date
excluded-outside = hors des périodes
excluded-no-place = sans lieu
excluded-unknown-place = à lieu inconnu de Go.Data
excluded-not-mapped = à lieu sans correspondance
excluded-no-value = sans valeur à mesurer
excluded-unknown-group = à { $dimension } inconnu
