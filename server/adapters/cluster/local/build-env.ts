const NAMES =
  /^(PIP_\w+|UV_\w+|(HTTP|HTTPS|NO|ALL)_PROXY|SSL_CERT_(FILE|DIR)|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|PYENV_(ROOT|VERSION))$/i;

/** Of an environment, what pip needs to reach packages: indexes, proxies, certificates. Nothing else passes. */
export function pickBuildEnv(env: Record<string, string | undefined>): Record<string, string> {
  const picked: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && NAMES.test(name)) picked[name] = value;
  }
  return picked;
}
