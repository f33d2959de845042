"""How opportunities are shown to other programs: schema.org, iCalendar, Atom, RPDE. Nothing here reads or writes; it only renders."""
