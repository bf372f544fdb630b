# Les pages d’un rapport : ses chiffres d’un coup d’œil, la carte, une cellule.
report-as-of = Tel que l’exécution { $run } l’a laissé le { $at }, { $ago }.
report-no-run = Aucune exécution de ce rapport n’est encore allée à son terme.
report-to-map = Carte
report-published-only = Les petits effectifs sont omis ici comme dans DHIS2 : chaque chiffre de cette page ne vient que de valeurs publiées.
names-unknown = Les noms et les lieux n’ont pas encore été lus dans DHIS2 ; des identifiants en tiennent lieu.
names-read = Noms et lieux tels que DHIS2 les avait le { $at }, { $ago }.

chart-table = Les chiffres en tableau
chart-period = Période
chart-total = Total

curve-title = Courbe épidémique
curve-none = Il n’y a pas de courbe : aucun enregistrement n’est conservé et aucun indicateur ne compte ce qui est arrivé dans une période.
curve-described = { $n } en { $periods } périodes.
curve-part = { $period }, { $name } : { $n }
curve-rest = autres classifications
curve-unclassified = sans classification
curve-confirmed = confirmés
curve-probable = probables
curve-suspect = suspects
curve-discarded = non-cas, écartés
curve-from-records = Tous les cas de la liste linéaire, par date de début et selon leur classification actuelle. Les conditions et les lieux des indicateurs du rapport ne sont pas appliqués.
curve-by-reporting =
    { $n ->
        [one] { $n } cas sans date de début figure à sa date de notification.
       *[other] { $n } cas sans date de début figurent à leur date de notification.
    }
curve-undated =
    { $n ->
        [one] { $n } cas n’a ni l’une ni l’autre date et n’est pas dessiné.
       *[other] { $n } cas n’ont ni l’une ni l’autre date et ne sont pas dessinés.
    }
curve-outside =
    { $n ->
        [one] { $n } cas tombe dans d’autres périodes.
       *[other] { $n } cas tombent dans d’autres périodes.
    }
curve-from-cells = Les valeurs calculées de « { $title } », additionnées sur toutes les unités d’organisation ; sans les classifications, qui demandent la liste linéaire.

heat-title = Complétude dans DHIS2
heat-unit = Unité d’organisation
heat-percent = { $percent } % de ce qui avait des valeurs sur { $periods } périodes figure en entier dans DHIS2.
heat-nothing-computed = Aucune valeur n’a été calculée dans ces périodes.
heat-all = tout écrit
heat-some = écrit en partie
heat-waiting = en attente
heat-missing = manquant
heat-nothing = aucune valeur calculée
heat-no-data = pas de données
heat-field = { $written } : { $n } sur { $of }
heat-explained = « Tout écrit » : chaque valeur calculée par la dernière exécution sur la période figure dans DHIS2 telle que Tally l’a écrite, hormis les petits effectifs omis. « En attente » : quelque chose est retenu ou a été refusé. « Manquant » : des valeurs ont été calculées et aucune n’y figure. « Aucune valeur calculée » : une exécution a regardé et rien n’y tombe ; un lieu qui se tait et un lieu sans cas se ressemblent. « Pas de données » : aucune exécution n’a regardé, ou ses valeurs ne sont plus conservées. Les valeurs que d’autres saisissent dans DHIS2 ne comptent pas ici.
heat-registers = Ce rapport enregistre les ensembles de données comme complets après une exécution, pour ce qui est vérifié et n’est pas retenu ; DHIS2 montre lesquels.
earlier-units = Unités d’organisation précédentes
later-units = Unités d’organisation suivantes

spark-title = Indicateurs
spark-described = Dernier : { $total } en { $period }.
spark-nothing = Rien n’est connu.
spark-of-values = total en { $period }
spark-of-records = enregistrements derrière les valeurs en { $period }
spark-table = Totaux de tous les indicateurs par période

triangle-title = Révisions
triangle-none = Il n’y a pas de révisions à montrer.
triangle-explained = Ce que l’on savait d’une période à sa fin (+0), une période plus tard (+1), et ainsi de suite. Ce qui a changé est souligné.
triangle-of = Révisions de { $title }
triangle-now = maintenant
triangle-added = ajouté
triangle-taken = retiré

map-title = Carte
map-of = { $title }, { $period }
map-described = { $n } des { $units } unités d’organisation dessinées ou listées ont une valeur.
map-unit = { $name } : { $value }
map-unit-without = { $name } : aucune valeur
map-range = { $from } à { $to }
map-below-zero = au-dessous de zéro
map-no-value = aucune valeur
map-value = Valeur
map-indicator = Indicateur
map-explained = Chaque unité d’organisation montre ses propres valeurs, additionnées sur les désagrégations ; les unités au-dessous ne sont pas ajoutées. Chaque classe réunit à peu près autant d’unités.
map-of-records = Cet indicateur ne s’additionne pas : la carte montre combien d’enregistrements sont derrière ses valeurs.
map-not-covered = Aucune exécution n’a couvert cette période, ou ses valeurs ne sont plus conservées.
map-without-shape =
    { $n ->
        [one] DHIS2 ne situe pas { $n } unité d’organisation ; elle est dans le tableau.
       *[other] DHIS2 ne situe pas { $n } unités d’organisation ; elles sont dans le tableau.
    }
map-corners-dropped =
    { $n ->
        [one] { $n } point situé hors de la Terre a été omis.
       *[other] { $n } points situés hors de la Terre ont été omis.
    }

cell-title = { $unit }, { $period }
cell-values = Valeurs
cell-no-values = Il n’y a pas de valeurs ici.
cell-more-values =
    { $n ->
        [one] { $n } autre valeur n’est pas montrée.
       *[other] { $n } autres valeurs ne sont pas montrées.
    }
cell-held = Ce qui est retenu ici, et pourquoi :
cell-combo = Désagrégation
cell-computed = Calculé
cell-in-dhis2 = Écrit dans DHIS2
cell-standing = Écrit dans DHIS2
cell-written-by = Écrit par
cell-removed = retiré par Tally
cell-never-written = jamais écrit par Tally
cell-history = Ce qu’elle a été
cell-no-history = Ses anciennes valeurs ne sont plus conservées.
cell-older-versions =
    { $n ->
        [one] { $n } valeur plus ancienne n’est pas montrée.
       *[other] { $n } valeurs plus anciennes ne sont pas montrées.
    }
cell-ended = Fin de l’exécution
cell-records = Enregistrements qui y comptent
cell-no-records = Aucun enregistrement n’y compte selon les définitions actuelles.
cell-record = Enregistrement
cell-by-date = Par
cell-records-shown =
    { $n ->
        [one] { $n } enregistrement, selon les définitions actuelles.
       *[other] { $n } enregistrements, selon les définitions actuelles.
    }
cell-show-records = Montrer les enregistrements qui y comptent
cell-show-records-note = Toute la liste linéaire est lue pour cela, et les deux serveurs sont interrogés sur ce dont les définitions ont besoin.
cell-records-for-operators = Les enregistrements sont montrés aux opérateurs.
