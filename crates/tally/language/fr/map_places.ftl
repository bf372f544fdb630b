# Pourquoi un lieu et une unité d'organisation passent, ou non, pour le même endroit.
alike-same-id = même identifiant
alike-same-code = même code
alike-same-name = même nom
alike-general-words = même nom, aux mots courants près
alike-joined = même nom, mots joints autrement
alike-order = mêmes mots dans un autre ordre
alike-sound = autre graphie du même son
alike-alike-sound = sonne presque pareil
alike-one-letter = une lettre diffère
alike-two-letters = deux lettres diffèrent
alike-somewhat = assez semblable
alike-more-words = un des noms a plus de mots
alike-other-name = autre nom
alike-other-kind = autre type de lieu
alike-parent = même parent
alike-ancestor = dans la même zone, à un niveau près
alike-parents-alike = parents de même nom
alike-parent-unknown = parent sans correspondance
alike-roots = tous deux au sommet
alike-other-parent = sous un autre parent
alike-other-level = autre niveau que ses semblables
alike-only-ones = les seuls qui restent sous leurs parents
alike-letters = { $n } lettres diffèrent
alike-marks = l'un dit « { $location } », l'autre « { $unit } »
alike-synonym = par le nom « { $name } »
alike-children =
    { $n ->
        [one] { $inside } de ses lieux appariés sur { $n } s'y trouve
       *[other] { $inside } de ses lieux appariés sur { $n } s'y trouvent
    }
alike-near = à { $km } km l'un de l'autre
alike-far = à { $km } km l'un de l'autre, trop loin
alike-another-unit = « { $name } » convient aussi
alike-another-location = le lieu « { $name } » lui convient aussi
alike-taken = est déjà le lieu « { $name } »

# Ce que sont devenus les lieux.
places-summary =
    { $n ->
        [one] { $n } lieu
       *[other] { $n } lieux
    } de Go.Data ({ $godata }) et { $units ->
        [one] { $units } unité d'organisation
       *[other] { $units } unités d'organisation
    } de DHIS2 ({ $dhis2 }), dont { $taking } reçoivent des valeurs
places-converted =
    Les lieux ont été faits à partir des unités d'organisation de DHIS2 : { $n ->
        [one] { $n } a l'identifiant de l'une d'elles.
       *[other] { $n } ont l'identifiant de l'une d'elles.
    }
places-kept = gardés tels que la table les a
places-left = laissés au lieu supérieur, comme le dit la table
places-chosen = choisis par une personne depuis
places-accepted = acceptés maintenant
places-open = ouverts
places-nowhere-line-list = { $n } sur { $all } enregistrements avec résidence (liste linéaire) ne comptent nulle part selon la table actuelle.
places-nowhere-godata = { $n } sur { $all } enregistrements avec résidence (Go.Data) ne comptent nulle part selon la table actuelle.
places-and = et
places-shared = { $locations } sont une seule unité d'organisation, { $unit } : leurs valeurs y sont additionnées
places-written = Écrit dans { $map }.
places-not-written = Rien n'a été écrit ; sans --dry-run, cela va dans { $map }.
places-next = Les lieux ouverts portent la marque `open` dans { $map } : remplissez-y org_unit, ou écrivez `above` dans how pour un lieu qui n'a pas d'unité à lui, puis relancez `tally map places`.
places-open-first = Ouverts, ceux qui ont le plus d'enregistrements d'abord
places-accepted-first = Acceptés, les moins sûrs d'abord
places-none-alike = aucune ne lui ressemble
column-candidates = Candidates
column-in = Dans
column-location = Lieu
column-of-location-records = Enregistrements
column-unit-accepted = Unité d'organisation

# Ce qu'une personne se voit demander.
ask-later = Décider plus tard
ask-above = Aucune à lui : le laisser au lieu supérieur
ask-stop = Ne plus demander et enregistrer
ask-prompt = { $place } ({ $open } à décider ; tapez pour chercher)
ask-prompt-records =
    { $place }, { $n ->
        [one] { $n } enregistrement
       *[other] { $n } enregistrements
    } ({ $open } à décider ; tapez pour chercher)
ask-in = { $name } (dans { $above })
