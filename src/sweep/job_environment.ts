/** What the jobs of a sweep find in their environment. */

/** Variables that the launcher of a job finds out anew, or that name the folder of another command. */
const OWN = /^(?:LD_|DYLD_|MEGA_GIT_|MEGA_DRIVER|MEGA_HARDWARE|INIT_CWD$|PWD$|OLDPWD$)/;

/** Variables that hold secrets: jobs need none, and the script of an array is a file. */
const SECRET = /auth|token|passw|secret|credential/i;

/**
 * The environment of a job: what the sweep may read of its own, without what loads libraries into
 * programs (which would demand the permission to run any program), and without secrets.
 */
export function jobEnvironment(
  all: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(all).filter(([name]) => !OWN.test(name) && !SECRET.test(name)),
  );
}
