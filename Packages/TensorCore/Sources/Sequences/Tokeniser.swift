// Text to piece numbers and back, through SentencePiece.

internal import CSentencePiece
