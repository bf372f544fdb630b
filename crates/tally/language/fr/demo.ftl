# La démonstration.
demo-up = Deux serveurs simulés tournent, avec une flambée inventée. Première exécution du rapport.
demo-again = Nouvelle exécution : rien n'a changé, donc rien n'est envoyé.
demo-keeps-running = Les serveurs continuent de tourner ; arrêtez-les avec Ctrl-C.
demo-second-nothing =
    Seconde exécution : rien d'envoyé ; { $unchanged ->
        [one] { $unchanged } valeur inchangée.
       *[other] { $unchanged } valeurs inchangées.
    }
demo-second =
    Seconde exécution : { $requests ->
        [one] { $requests } requête envoyée
       *[other] { $requests } requêtes envoyées
    } ; { $unchanged ->
        [one] { $unchanged } valeur inchangée.
       *[other] { $unchanged } valeurs inchangées.
    }
demo-oracle-agrees =
    Oracle : un décompte indépendant de la flambée inventée attend { $expected ->
        [one] { $expected } valeur
       *[other] { $expected } valeurs
    }, DHIS2 en contient { $held } ; toutes concordent.
demo-oracle-differs =
    Oracle : un décompte indépendant de la flambée inventée attend { $expected ->
        [one] { $expected } valeur
       *[other] { $expected } valeurs
    }, DHIS2 en contient { $held } ; { $different ->
        [one] { $different } ne concorde PAS.
       *[other] { $different } ne concordent PAS.
    }
demo-took = Le tout a pris { $secs } s.
demo-next = À essayer ensuite :
demo-next-elsewhere = À essayer ensuite, dans un autre terminal :
demo-next-plan = ce qu'une exécution changerait
demo-next-history = les exécutions passées
demo-next-show = chaque valeur de la première exécution
demo-next-keep = laisser les serveurs et la configuration pour essayer
demo-next-serve = le tableau de bord, à http://127.0.0.1:8420
