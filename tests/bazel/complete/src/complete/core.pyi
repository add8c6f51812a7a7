VALUE: str
