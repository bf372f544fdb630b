# Ce qu'une exécution dit pendant qu'elle travaille : les noms des étapes, et ce que chacune a donné.
step-preflight = préparation
step-extract = extraction
step-control = contrôle
step-diff = comparaison
step-push = envoi
step-verify = relecture
step-complete = complétude
step-ended = { $step } { $summary } ({ $ms } ms)

step-definitions-fit = DHIS2 { $version } et les définitions concordent
step-plan-fits = DHIS2 { $version } et le plan concordent
step-dhis2-answers = DHIS2 { $version } répond
step-report = rapport « { $name } »
step-counted =
    { $records ->
        [one] { $records } enregistrement compté
       *[other] { $records } enregistrements comptés
    } dans { $cells ->
        [one] { $cells } cellule
       *[other] { $cells } cellules
    }
step-compared =
    { $n ->
        [one] { $n } valeur
       *[other] { $n } valeurs
    } à envoyer, { $held } en attente
step-as-planned = DHIS2 est tel que le plan l'a trouvé
step-pushed =
    { $n ->
        [one] { $n } valeur écrite
       *[other] { $n } valeurs écrites
    } en { $requests ->
        [one] { $requests } requête
       *[other] { $requests } requêtes
    }, { $rejected ->
        [one] { $rejected } rejetée
       *[other] { $rejected } rejetées
    }
step-pushed-some =
    { $n ->
        [one] { $n } valeur écrite
       *[other] { $n } valeurs écrites
    } en { $requests ->
        [one] { $requests } requête
       *[other] { $requests } requêtes
    }, { $rejected ->
        [one] { $rejected } rejetée
       *[other] { $rejected } rejetées
    }, { $later ->
        [one] { $later } non acceptée pour l'instant
       *[other] { $later } non acceptées pour l'instant
    }
step-verified =
    { $n ->
        [one] { $equal } valeur sur { $n } est comme elle doit être
       *[other] { $equal } valeurs sur { $n } sont comme elles doivent être
    }
step-registered =
    { $n ->
        [one] { $n } tranche enregistrée comme complète
       *[other] { $n } tranches enregistrées comme complètes
    }
step-held-against =
    { $n ->
        [one] { $n } valeur comparée
       *[other] { $n } valeurs comparées
    }
step-counts =
    Go.Data a donné { $n ->
        [one] { $n } décompte
       *[other] { $n } décomptes
    }
step-counts-some =
    Go.Data a donné { $n ->
        [one] { $n } décompte
       *[other] { $n } décomptes
    } ; toutes les périodes qui diffèrent n'ont pas été recherchées
step-places =
    { $locations ->
        [one] { $locations } lieu
       *[other] { $locations } lieux
    }, { $units ->
        [one] { $units } unité d'organisation
       *[other] { $units } unités d'organisation
    }
step-residences =
    lieu de résidence de { $n ->
        [one] { $n } enregistrement
       *[other] { $n } enregistrements
    }
step-findings =
    { $n ->
        [one] { $n } constat
       *[other] { $n } constats
    }
