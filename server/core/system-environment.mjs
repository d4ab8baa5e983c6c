// Plain JavaScript, because the keeper of a job is.

/** For the system's own small tools (`ps`, `id`): what they need to be found and to answer in English, and nothing of ours. @type {NodeJS.ProcessEnv} */
export const SYSTEM_ENVIRONMENT = {
  NODE_ENV: "production",
  PATH: "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  LC_ALL: "C",
};
