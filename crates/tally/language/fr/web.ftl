# Le tableau de bord.
skip-to-content = Aller au contenu
pages = Pages
sign-out = Se déconnecter
back-to-overview = Retour à la vue d'ensemble
not-found = Introuvable
not-found-text = Cette page n'existe pas, ou ce qu'elle montrait n'est plus là.
page-failed = Cette page n'a pas pu être faite
show = Afficher
all = tous
all-reports = Tous les rapports
earlier = Précédents
later = Suivants
page-overview = Vue d'ensemble
page-runs = Exécutions
page-run = Exécution { $run }
run-page = Exécution { $run } de { $report }

# Le temps.
moment-ago = il y a { $span }
moment-in = dans { $span }
span-seconds =
    { $n ->
        [one] { $n } seconde
       *[other] { $n } secondes
    }
span-minutes =
    { $n ->
        [one] { $n } minute
       *[other] { $n } minutes
    }
span-hours =
    { $n ->
        [one] { $n } heure
       *[other] { $n } heures
    }
span-days =
    { $n ->
        [one] { $n } jour
       *[other] { $n } jours
    }
took-seconds = { $secs } s

# Vue d'ensemble.
daemon-starting = Le service démarre.
daemon-waiting = Un autre service travaille sur cet état ; celui-ci attend qu'il ait fini.
daemon-stopping = Le service achève ce qu'il écrit, puis s'arrête.
daemon-running = Le rapport « { $report } » est en cours.
daemon-next = Le prochain rapport est dû le { $at }, { $distance }.
daemon-idle = Aucun rapport n'a d'horaire.
not-reloaded = La configuration modifiée n'est pas utilisée :
standing-overdue = en retard
standing-failed = échec
standing-partial = incomplet
standing-held = vous attend
standing-running = en cours
standing-new = pas encore exécuté
standing-clean = prouvé
needs-overdue = Dû le { $at }, { $distance }, et rien n'a réussi depuis
needs-failed = La dernière exécution a échoué : { $why }
needs-rejected =
    { $n ->
        [one] DHIS2 a rejeté { $n } valeur
       *[other] DHIS2 a rejeté { $n } valeurs
    }
needs-different =
    { $n ->
        [one] { $n } valeur n'est pas dans DHIS2 comme elle a été écrite
       *[other] { $n } valeurs ne sont pas dans DHIS2 comme elles ont été écrites
    }
needs-held =
    { $n ->
        [one] { $n } valeur est retenue
       *[other] { $n } valeurs sont retenues
    }
needs-drifted =
    { $n ->
        [one] { $n } valeur a été modifiée dans DHIS2 par quelqu'un d'autre
       *[other] { $n } valeurs ont été modifiées dans DHIS2 par quelqu'un d'autre
    }
card-run = exécution { $run }, { $first } à { $last }
card-success = il y a { $span }
card-no-success = jamais
card-proved = dernière preuve
card-last-run = dernière exécution
card-next-run = prochaine exécution
card-schedule = horaire

# Exécutions.
column-began-by = lancée par
column-took = durée
column-values = valeurs
column-value = valeur
column-should = devrait être
column-says = DHIS2 dit
column-step = étape
column-seconds = secondes
older-runs = Exécutions plus anciennes
trigger-schedule = horaire
trigger-command-line = ligne de commande
run-under-way = En cours
run-elsewhere = Un autre processus l'exécute ; il dit : { $state }.
run-failed = Pourquoi elle a échoué
run-certificate = Le certificat, à imprimer et à signer
run-warnings = Bon à savoir
run-rejected = Rejetées par DHIS2
run-different = Pas comme elles devraient être
run-held = Retenues
run-changes = Valeurs qui changent ou sont retenues
run-unmapped = Lieux sans unité d'organisation
run-timings = Temps
plan-empty = Rien ne change.
changes-shown = { $from } à { $to } sur { $n }
step-of = { $done } sur { $total }
step-begun = commencée
page-nothing-to-push =
    Rien n'était à envoyer ; { $n ->
        [one] { $n } valeur est
       *[other] { $n } valeurs sont
    } dans DHIS2 comme il se doit.
page-pushed =
    { $n ->
        [one] { $n } valeur a été envoyée
       *[other] { $n } valeurs ont été envoyées
    } en { $requests ->
        [one] { $requests } requête
       *[other] { $requests } requêtes
    } ; { $verified } vérifiées.
page-planned = Planifiée ; rien n'a été envoyé.

# Qualité des données.
page-quality = Qualité des données
column-such-as = par exemple
column-groups = groupes
quality-unknown = trop d'enregistrements à comparer au passage
quality-no-run = Aucune exécution de ce rapport n'a encore regardé d'enregistrements.

# Lieux.
page-places = Lieux
places-mapped =
    { $n ->
        [one] { $n } lieu a
       *[other] { $n } lieux ont
    } une unité d'organisation ; { $above ->
        [one] { $above } est laissé
       *[other] { $above } sont laissés
    } au lieu au-dessus.
places-open-matches = Correspondances ouvertes
places-none-open = Rien n'est ouvert : chaque lieu qui a des enregistrements compte quelque part.
places-what-to-do = Les enregistrements qui en dépendent ne comptent nulle part. Choisissez dans { $map }, ou laissez Tally proposer :
places-more =
    { $n ->
        [one] Une de plus est dans la table.
       *[other] { $n } de plus sont dans la table.
    }
column-what-it-may-be = ce que cela peut être

# Réglages.
page-settings = Réglages
settings-file = Ils se trouvent dans
setting-address = adresse
setting-outbreak = flambée
setting-account = compte
setting-secret = secret
setting-files = fichiers
setting-small-cells = petits effectifs
setting-fewer-than =
    { $n ->
        [one] moins de { $n } enregistrement est omis
       *[other] moins de { $n } enregistrements sont omis
    }
setting-state = État
setting-folder = dossier
setting-records = enregistrements
setting-keep-records = restent ici
setting-keep-nothing = sont comptés puis oubliés
setting-places = table des lieux
setting-report = Rapport { $report }
setting-data-sets = ensembles de données
setting-period = périodes
setting-look-back = périodes revues
setting-indicators = indicateurs
setting-schedule = horaire
setting-none = aucun
setting-deadline = délai
setting-alerts = Alertes
setting-webhook = webhook
setting-email = courriel
setting-heartbeat = signe de vie
secret-variable = dans la variable d'environnement { $name }
secret-file = dans le fichier { $path }
secret-nowhere = nulle part : ce que nomme la configuration n'est pas un endroit
secret-missing = { $at }, qui n'est pas là

# Journal.
page-audit = Journal
audit-final = Qui a décidé quoi, et ce que le service a fait de lui-même. Les entrées ne changent jamais.
audit-none = Rien n'a encore été décidé.
older-entries = Entrées plus anciennes
column-who = qui
column-did = a fait
column-on-what = sur quoi

# Demander et décider.
page-decisions = Décisions
forbidden = Ce n'est pas à vous
forbidden-text = Votre rôle ne le permet pas. Un administrateur de Tally peut vous en donner un autre.
needs-problems =
    { $n ->
        [one] { $n } problème dont personne ne s'occupe encore
       *[other] { $n } problèmes dont personne ne s'occupe encore
    }
job-run = Exécuter maintenant
job-back-fill = Compléter après coup
job-plan = Faire un plan
job-apply = Appliquer le plan
job-discard = Abandonner le plan
job-release = Libérer ce qui est retenu
job-overwrite = Écraser ce qui a été modifié
job-run-meaning = Tally lit Go.Data, compare avec DHIS2, envoie ce qui diffère et le relit, comme il le fait à l'heure prévue. Avec des périodes de votre choix, il complète celles-là.
job-plan-meaning = Tally lit Go.Data, compare avec DHIS2 et garde pendant une semaine ce qu'il changerait, pour être appliqué ou abandonné.
job-apply-meaning = Tally envoie exactement les valeurs de ce plan et les relit. Si DHIS2 ou les définitions ont changé depuis, il refuse.
job-discard-meaning = Le plan ne peut alors plus être appliqué. Les valeurs dans DHIS2 restent comme elles sont.
job-release-meaning = Tally exécute le rapport et envoie aussi ce qu'il retient de son propre chef : les pertes qui semblent trop grandes, et les périodes et unités que DHIS2 est censé refuser. DHIS2 décide.
job-overwrite-meaning = Tally exécute le rapport et remplace, cette fois-ci, ses propres valeurs que quelqu'un a modifiées dans DHIS2. Ce qui avait été écrit est dans l'audit de DHIS2.
asking-writes = Cela peut changer des valeurs dans DHIS2.
asking-writes-nothing = Rien ne change par là dans DHIS2.
asking-recorded = Votre nom y reste attaché dans l'historique.
asking-from = première période
asking-to = dernière période
asking-periods = Comme DHIS2 les écrit, par exemple 2020W7 ou 202003. Laissées vides, ce sont celles de l'horaire.
asking-full = Tout lire, et pas seulement ce qui a changé
asking-cancel = Annuler
not-asked-no-report = Il n'y a plus de rapport { $report }.
not-asked-no-plan = Le plan { $plan } n'attend plus de décision.
not-asked-already = La même chose attend déjà : demande { $job }.
not-asked-full = Trop de demandes attendent déjà. Redemandez quand une partie sera faite.
job-asked = attend
job-running = en cours
job-done = faite
job-failed = échec
job-refused = refusée
job-lost = perdue : le service s'est arrêté pendant qu'elle était en cours
job-waits = Cette page avance d'elle-même.
job-its-run = L'exécution
job-its-plan = Le plan
plan-number = Plan { $plan }
plan-open = à décider
plan-applied = appliqué
plan-discarded = abandonné
plan-expired = trop ancien
plan-decided-by = décidé par
plan-until = peut être appliqué jusqu'au
plan-gone = Ce qu'il devait changer n'est plus gardé.
decisions-problems = Problèmes
decisions-no-problems = Aucun rapport n'a de problème en cours.
decisions-plans = Plans
decisions-no-plans = Personne n'a encore demandé de plan.
decisions-jobs = Demandé au service
decisions-no-jobs = Rien n'a encore été demandé.
column-plan = plan
column-job = demande
column-asked-by = demandé par
problem-drifted = modifié dans DHIS2
problem-since = depuis
problem-seen = fois vu
problem-acknowledged = pris en charge par
acknowledge = Je m'en occupe
acknowledge-meaning = Le problème n'est plus signalé jusqu'à ce qu'il soit terminé ou en devienne un autre. Votre nom y reste attaché.
