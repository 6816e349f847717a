// To be replaced by the first test of this line.
