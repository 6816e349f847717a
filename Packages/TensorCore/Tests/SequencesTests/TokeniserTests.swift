// Pieces and numbers against the specification's counts.

import Sequences
import Testing
