// The library is C++; CSentencePiece includes its headers. This target brings the linker flags.
