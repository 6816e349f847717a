// Knowledge-grounded dialogue whose search queries are learned without annotations, on top of a re-creation of BlenderBot 3's modules.
// Empty until the line is built; README.md says what is to come.
