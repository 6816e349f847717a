// Speech translation by data-efficient modality transfer: cross-modal consistency between a text and a speech encoder.
// Empty until the line is built; README.md says what is to come.
