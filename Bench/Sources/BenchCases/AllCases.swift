// The one list of every case that exists.

public import Measurements

/// Every case, in order of its id.
public let allCases: [any BenchCase] = []
