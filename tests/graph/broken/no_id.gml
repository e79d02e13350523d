graph [
  directed 1
  node [ label "a" ]
]
