// Face presentation-attack detection: telling a live face from a print, a replay or a mask, for impersonation and for evasion.
// Empty until the line is built; README.md says what is to come.
