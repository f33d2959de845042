"""The rules of people: who may sign in, who may join, what each service may know of a person. Facts in, decisions
out."""
