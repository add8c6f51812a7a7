OTHER = "of another repository"
