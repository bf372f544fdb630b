# Ce que dit `tally map options`.
options-none = Aucun élément de données de ces ensembles n'est désagrégé.
options-category = { $name } : dimension `{ $code }`
options-category-alone = { $name } : aucune dimension n'a ces options
options-column-option = option
options-column-name = nom dans DHIS2
options-column-group = compte
options-category-open = Ouvert : { $reason }
options-proposal = À mettre dans la configuration :
options-complete = Chaque option de chaque catégorie a un groupe.
options-open = Les options sans groupe ne reçoivent pas de valeur de Tally. Mettez dans la configuration ce qui est proposé, ou ce qu'il faut au rapport.
