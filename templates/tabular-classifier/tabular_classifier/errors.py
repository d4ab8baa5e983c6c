class InputProblem(Exception):
    """Something the user can put right; the message says what and how. The program ends with code 2."""
