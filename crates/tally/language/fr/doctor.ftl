# Le docteur, et tout ce qui est trouvé en ordre ou non.
mark-ok = ok
mark-warning = attention
mark-error = erreur
doctor-configuration = configuration
doctor-state = état
doctor-report = rapport
doctor-daemon = service
doctor-why = cause :
doctor-do = remède :
doctor-all-well = Tout est en ordre.
doctor-warnings =
    { $n ->
        [one] { $n } constat à examiner
       *[other] { $n } constats à examiner
    } ; une exécution irait à son terme.
doctor-errors =
    { $n ->
        [one] { $n } constat arrêterait une exécution.
       *[other] { $n } constats arrêteraient une exécution.
    }
doctor-errors-and-warnings =
    { $n ->
        [one] { $n } constat arrêterait une exécution
       *[other] { $n } constats arrêteraient une exécution
    }, et { $warnings ->
        [one] { $warnings } autre est à examiner.
       *[other] { $warnings } autres sont à examiner.
    }
