# Ce que `tally init` demande et dit.
init-ask-godata = Adresse de Go.Data
init-ask-email = Adresse e-mail du compte de Tally dans Go.Data
init-ask-password = Mot de passe de { $who }
init-ask-outbreak = Quelle flambée ?
init-ask-dhis2 = Adresse de DHIS2
init-ask-username = Nom d'utilisateur du compte de Tally dans DHIS2
init-ask-data-set = Quel ensemble de données faut-il remplir ? (taper pour chercher)
init-ask-block = Que compter pour « { $name } » ?
init-later = Laisser ouvert, à décider dans le fichier

init-godata =
    Go.Data { $version } : connecté en tant que { $email }, qui voit { $outbreaks ->
        [one] { $outbreaks } flambée
       *[other] { $outbreaks } flambées
    }.
init-restricted = Attention : le compte est soumis à des restrictions géographiques. Si la flambée les applique, les cas d'autres zones manquent ; faites lever ces restrictions pour le compte.
init-dhis2 =
    DHIS2 { $version } : connecté en tant que { $user }, qui voit { $sets ->
        [one] { $sets } ensemble de données
       *[other] { $sets } ensembles de données
    }.
init-superuser = Attention : ce compte peut tout faire dans DHIS2. Un compte qui peut écrire des valeurs dans cet ensemble de données suffit, et il est plus sûr.
init-may-not-write = Attention : ce compte ne peut pas écrire de valeurs (F_DATAVALUE_ADD). Faites-lui donner cette autorisation avant la première exécution.
init-nothing-new = { $config } a quelque chose pour chaque élément de données de ses ensembles ; rien n'a été modifié.

init-column-element = élément de données
init-column-counts = compte
init-open-nothing = ouvert : rien de semblable dans le catalogue
init-open-near = ouvert : peut-être { $near }
init-open-type = non rempli : il ne prend pas de nombre ({ $type })
init-open-combo = ouvert : la catégorie « { $category } » n'est pas comprise : { $reason }
init-decided =
    { $n } sur { $all ->
        [one] { $all } élément de données
       *[other] { $all } éléments de données
    } { $n ->
        [one] a
       *[other] ont
    } un indicateur. Lisez chacun d'eux avant de lui faire confiance : `tally catalogue NOM` dit ce qu'il compte.
init-written = Écrit : { $files }
init-updated = Ajouté à : { $files }

init-places = Maintenant les lieux : à quelle unité d'organisation correspond chaque lieu.
init-plan = Le plan de la dernière période close, { $period }. Rien n'est écrit dans DHIS2.
init-done =
    Ensuite : lisez { $config }, décidez ce qui y est ouvert, et lancez `tally check`. `tally plan` montre ce qu'une exécution
    changerait, et `tally run` l'écrit.
