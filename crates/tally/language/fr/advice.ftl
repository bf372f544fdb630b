# Que faire d'un problème, et pourquoi un constat importe.
advice-address = Corrigez l'adresse.
advice-https = Utilisez `https://`, ou mettez `allow_http = true` si personne ne peut écouter en chemin.
advice-unreachable = Vérifiez l'adresse, la connexion et que le serveur fonctionne ; puis relancez.
advice-tls = Faites renouveler le certificat du serveur, ou faites reconnaître son autorité sur cette machine.
advice-dhis2-address = Est-ce bien l'adresse de DHIS2 ? Une page de connexion ou un proxy y répond.
advice-dhis2-path = Est-ce bien l'adresse de DHIS2, avec le chemin sous lequel il est installé ?
advice-user-and-password = Vérifiez le nom d'utilisateur et le mot de passe.
advice-token = Vérifiez le jeton : qu'il soit entier, n'ait pas expiré et permette GET et POST.
advice-dhis2-locked = Demandez à l'administrateur de DHIS2 de débloquer le compte, et vérifiez le mot de passe.
advice-dhis2-forbidden = Demandez à l'administrateur de DHIS2 l'autorisation ou le partage qui manque.
advice-dhis2-version = Tally écrit dans DHIS2 2.38 et les versions suivantes.
advice-later-read-back = Relancez plus tard ; ce qui a été écrit est d'abord relu.
advice-fewer-periods = Traitez moins de périodes à la fois avec --from et --to, ou réduisez `look_back`.
advice-dhis2-refused = DHIS2, ou un proxy devant lui, a refusé toute la requête ; demandez à son administrateur. Ce qui a été écrit avant est dans le registre.
advice-server-log = Consultez le journal du serveur, et relancez ; ce qui a été écrit est d'abord relu.
advice-verbose = Relancez avec --verbose pour voir de quelle requête il s'agit.
advice-dhis2-not-found = Vérifiez l'identifiant, et que le compte peut le lire : DHIS2 ne distingue pas les deux.
advice-by-uid = Désignez-le par son UID.
advice-godata-address = Est-ce bien l'adresse de Go.Data ? Autre chose y répond.
advice-godata-login = Vérifiez l'adresse électronique et le mot de passe. Dix échecs bloquent le compte une demi-heure.
advice-godata-blocked = Attendez une demi-heure, et vérifiez le mot de passe avant de relancer.
advice-godata-second-factor = Donnez à Tally un compte à lui, sans second facteur.
advice-godata-somebody-else = Quelqu'un d'autre s'est connecté avec ce compte ? Donnez à Tally un compte à lui.
advice-godata-forbidden = Demandez à l'administrateur de Go.Data la permission ou la flambée.
advice-godata-outbreak = Vérifiez l'identifiant ou le nom de la flambée.
advice-godata-damaged = Est-ce bien l'adresse de Go.Data ? Si oui, un enregistrement de la liste est endommagé là où le message le dit. Rien n'a été écrit dans DHIS2.
advice-godata-page = Réduisez `page_records`. Rien n'a été écrit dans DHIS2.
advice-later-nothing-written = Relancez plus tard ; rien n'a été écrit dans DHIS2.
advice-file-path = Corrigez le chemin dans `files`.
advice-file-cut = Procurez-vous le fichier à nouveau : il s'arrête au milieu.
advice-file-list = Procurez-vous le fichier à nouveau : il doit contenir une liste d'enregistrements, telle que la donnent l'API de Go.Data ou son export JSON.
advice-no-record = Est-ce la bonne flambée, et le compte peut-il en lister les cas ? Rien n'a été écrit dans DHIS2 : sans enregistrement, tout ce qui a été rapporté serait retiré.
advice-no-record-in-files = Sont-ce les bons fichiers ? Rien n'a été écrit dans DHIS2 : sans enregistrement, tout ce qui a été rapporté serait retiré.
advice-find-configuration = Indiquez-la avec --config, ou lancez `tally demo --keep` pour partir d'un exemple.
advice-clock = Ce qui a changé se demande d'après l'horloge du serveur, les périodes s'ouvrent et se ferment d'après elle, et les certificats se vérifient d'après la nôtre.
advice-clock-set = Réglez l'horloge qui est fausse ; un service de temps (NTP) la garde juste.
advice-defaults = Des métadonnées ont été importées d'un autre serveur avec sa propre option par défaut. Les formulaires et les indicateurs qui utilisent l'une ne voient pas les valeurs écrites dans l'autre.
advice-defaults-merge = Demandez à l'administrateur de DHIS2 de les fusionner ; d'ici là, désignez des éléments de données dont la combinaison de catégories a l'option par défaut des formulaires.
advice-all-authorities = Quiconque obtient son mot de passe ou son jeton peut modifier ou supprimer les données et les métadonnées de tout le pays.
advice-own-account = Donnez à Tally un compte à lui dont le rôle a F_DATAVALUE_ADD, et F_DATAVALUE_DELETE si des rapports retirent par suppression.
advice-needs-authority = Sans elle, DHIS2 refuse les valeurs.
advice-add-authority = Ajoutez-la à un rôle du compte (DHIS2 : Utilisateurs, Rôles utilisateur).
advice-capture = DHIS2 n'accepte de valeurs que sous les unités attribuées au compte, même pour un superutilisateur jusqu'à 2.42.
advice-capture-assign = Attribuez au compte le sommet du pays, ou de la partie rapportée.
advice-no-time = Un proxy devant lui retire l'en-tête `Date` de ses réponses ; sans lui, chaque exécution lit tout.
advice-no-time-proxy = Faites laisser passer l'en-tête par le proxy.
advice-restricted = Si la flambée les applique, les cas des autres zones manquent aux listes et aux décomptes, et rien ne le dit : le rapport serait trop bas.
advice-restricted-not = Laissez le compte ignorer les restrictions géographiques (Go.Data : Utilisateurs, le compte).
advice-unmapped = Ni eux ni un lieu au-dessus n'ont d'unité d'organisation dans la table des lieux.
advice-unmapped-map = Lancez `tally map places` ; il commence par ceux dont dépendent le plus d'enregistrements.
advice-unit-held = DHIS2 refuserait les valeurs de cette unité d'organisation ; elles restent en attente.
advice-unit-assign = Attribuez-lui l'ensemble de données, ou le compte, ou laissez vide sa colonne org_unit pour que ses lieux comptent au-dessus.
advice-as-above = Comme ci-dessus.
advice-check-lists = `tally check` les donne tous.
advice-periods-held = Les valeurs de ces périodes restent en attente, et leurs corrections n'atteignent pas DHIS2.
advice-periods-open = Raccourcissez `look_back`, ou demandez à l'administrateur de DHIS2 d'ouvrir les périodes (jours d'expiration, périodes de saisie) ou de donner F_EDIT_EXPIRED au compte.
advice-zeros = Leur réglage « stocker les valeurs zéro » est désactivé : un zéro et une absence de rapport s'y ressemblent.
advice-zeros-on = Activez ce réglage (Maintenance, Élément de données), ou retirez `zeros`.
advice-renamed = Une option renommée ou une nouvelle combinaison de catégories peut envoyer des valeurs ailleurs que là où l'on regarde.
advice-plan-shows = `tally plan` montre ce qui changerait avant que rien ne soit envoyé.

# Ce qui est trouvé en ordre ou non, avec des noms.
finding-did-you-mean = Vouliez-vous dire `{ $name }` ?
finding-known = Connus : { $names }.
finding-known-are = Connus : { $names }.
finding-set-variable = Définissez `{ $name }` et relancez.
finding-problems = la configuration a { $count } problèmes
finding-well-secrets = chaque mot de passe et chaque jeton est là où le fichier le dit
finding-well-no-state = aucune exécution pour l'instant : `{ $folder }` ne contient pas d'état
finding-well-godata = { $url } connecte { $account } et montre la flambée « { $outbreak } »
finding-well-godata-version = Go.Data { $version } ; Tally a été étudié sur { $studied }
finding-well-unbound = le compte n'est pas limité à une zone
finding-well-clocks = les horloges de { $server } et de cette machine concordent
finding-well-dhis2 = { $url } est DHIS2 { $version } et connaît le compte sous le nom `{ $account }`
finding-well-authorities = le compte peut écrire des valeurs, et non tout faire
finding-well-defaults = il y a une seule combinaison d'options de catégorie par défaut
finding-well-definitions = `{ $report }` : ses définitions correspondent à l'ensemble de données « { $data_set } »
finding-well-reference = `{ $report }` : chaque valeur qu'il nomme est dans les données de référence de Go.Data
finding-one-unmapped = `{ $report }` : 1 lieu ne compte nulle part
finding-some-unmapped = `{ $report }` : { $count } lieux ne comptent nulle part
finding-well-units =
    `{ $report }` : l'ensemble de données est attribué à { $n ->
        [one] { $n } unité
       *[other] { $n } unités
    } d'organisation de la table, et le compte peut y écrire
finding-well-periods = `{ $report }` : DHIS2 accepte toutes les périodes de { $first } à { $last }
finding-well-zeros = `{ $report }` : DHIS2 stocke les zéros qu'il écrit
finding-well-metadata = `{ $report }` : ses métadonnées sont comme à l'exécution { $run }
finding-may-everything = le compte `{ $account }` peut tout faire (autorité ALL)
finding-lacks-authority = il manque au compte `{ $account }` l'autorité { $authority }
finding-no-capture = le compte `{ $account }` n'a pas d'unité d'organisation pour la saisie
finding-several-defaults = il y a { $count } combinaisons d'options de catégorie nommées `default` : { $names }
finding-bound = le compte est limité par des restrictions géographiques
finding-no-date = Go.Data ne donne pas l'heure
finding-drops-zeros = `{ $report }` écrit des zéros, et DHIS2 abandonne ceux de { $names }
finding-metadata-changed = `{ $report }` : depuis l'exécution { $run }, quelqu'un a changé { $names }
finding-more-of-this-kind = `{ $report }` : { $count } autres de ce genre
finding-check-state = L'état dans `{ $folder }` est sain.
finding-check-godata = Rapport « { $report } » : Go.Data { $version } répond à { $url }, flambée « { $outbreak } ».
finding-check-dhis2 =
    Rapport « { $report } » : DHIS2 { $version } répond à { $url } ; l'ensemble de données « { $data_set } » reçoit { $indicators ->
        [one] { $indicators } indicateur
       *[other] { $indicators } indicateurs
    } dans { $units ->
        [one] { $units } unité
       *[other] { $units } unités
    } d'organisation.
finding-check-one-unmapped = Rapport « { $report } » : 1 lieu ne compte nulle part : aucune unité d'organisation ne lui correspond, ni au-dessus.
finding-check-some-unmapped = Rapport « { $report } » : { $count } lieux ne comptent nulle part : aucune unité d'organisation ne leur correspond, ni au-dessus.
finding-well-formed =
    `{ $file }` est bien formé : { $n ->
        [one] { $n } rapport
       *[other] { $n } rapports
    }
finding-check-well-formed =
    La configuration est bien formée : { $n ->
        [one] { $n } rapport
       *[other] { $n } rapports
    }, { $places ->
        [one] { $mapped } lieu sur { $places } a sa correspondance.
       *[other] { $mapped } lieux sur { $places } ont leur correspondance.
    }
finding-periods-held =
    `{ $report }` : { $n ->
        [one] { $n } période
       *[other] { $n } périodes
    } sur { $all } ne peuvent être écrites maintenant : { $reason }
