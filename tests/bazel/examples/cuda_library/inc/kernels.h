#pragma once

// Returns the sum of all macros that the build defines.
int sum_of_defines();
// Returns how often a kernel registered itself.
int registrations();
// Returns 10, from a source with the name of another one.
int of_other_directory();
