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
