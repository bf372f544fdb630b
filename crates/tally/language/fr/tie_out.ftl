# Les mêmes totaux de trois côtés.
tie-out = Rapprochement
agrees-yes = oui
agrees-no = NON
agrees-not-godata = NON : Go.Data
agrees-neither = NON : les deux
not-pushed = non envoyé
read-and-counted = Go.Data compte lui-même { $counted } enregistrements ; { $read } ont été lus : le même nombre.
read-and-counted-otherwise = Go.Data compte lui-même { $counted } enregistrements ; { $read } ont été lus : un autre nombre.
tie-out-wherever = Go.Data compte les enregistrements où qu'ils résident : comptés et manqués (lieu sans correspondance, groupe inconnu) ensemble.
tie-out-suppressed = { $indicator } : { $values } des nôtres sont omis de DHIS2 car petits effectifs.
tie-out-not-asked = { $indicator } : Go.Data n'a pas été interrogé : { $reason }.
tie-out-not-asked-everywhere = { $indicator } : Go.Data n'a pas été interrogé pour chaque période qui peut différer : { $reason }.
tie-out-differs = { $indicator }, { $period } : Tally a lu { $read }, Go.Data compte { $counted }
tie-out-differs-over = { $indicator }, { $first } à { $last } : Tally a lu { $read }, Go.Data compte { $counted }
tie-out-differs-in = { $classification } : Tally a lu { $read }, Go.Data compte { $counted }
no-classification = sans classification
more-lines = ... et { $n ->
        [one] { $n } autre ; --all le montre.
       *[other] { $n } autres ; --all les montre.
    }

# Pourquoi Go.Data ne peut pas compter la même chose.
not-asked-table = seules les personnes se comptent ainsi
not-asked-measure = ce n'est pas un nombre d'enregistrements
not-asked-window = il considère des séjours, dont le filtre de Go.Data ne connaît pas l'ordre
not-asked-basis = sa date est l'une de plusieurs dans une liste
not-asked-statement = une déclaration n'est pas un nombre d'enregistrements
not-asked-list = aucune liste de Go.Data ne contient ce que demande sa condition
not-asked-condition = sa condition n'est pas simple (seulement `=`, `<>` et `IN`, reliés par AND)
not-asked-field = sa condition porte sur `{ $field }`, qui n'est pas une donnée de référence
