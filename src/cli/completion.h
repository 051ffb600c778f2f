#pragma once

/*
 * Completion: scripts for shells, made from the table of commands
 *
 * What can only be known at that moment (names of applications and workloads) they ask
 * `slipway __complete` for.
 */

/* (transfer full) the script for each shell */
char *completion_bash(void);
char *completion_zsh(void);
char *completion_fish(void);
