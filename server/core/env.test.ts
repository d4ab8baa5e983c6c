import { describe, expect, it } from "vitest";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { readSettings } from "./env";
import { divideEnvironment, SECRET_SETTINGS } from "./told-secrets";

const message = (source: Record<string, string>): string => {
  try {
    readSettings(source);
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : "";
  }
  return "";
};

describe("the settings", () => {
  it("have defaults, and take an empty variable as a missing one", () => {
    const settings = readSettings({
      PORT: "",
      GATEWAY_PORT: "",
      HOST: "",
      DATABASE_URL: "",
      MODELWORKS_DEMO: "",
    });
    expect(settings).toMatchObject({
      port: 3000,
      gatewayPort: 8080,
      host: "127.0.0.1",
      portalUrl: "http://127.0.0.1:3000",
      databaseUrl: undefined,
      demo: true,
    });
    expect(settings.home).toMatch(/\/\.modelworks$/);
  });

  it.each([
    ["PORT", "many"],
    ["PORT", "70000"],
    ["GATEWAY_PORT", "0"],
    ["DATABASE_URL", "mysql://there"],
    ["OBJECT_STORE_URL", "ftp://there"],
    ["AUTH_SECRET", "short"],
    ["OIDC_ISSUER", "not an address"],
    ["MODELWORKS_DEMO", "maybe"],
    ["MODELWORKS_DEMO_PASSWORD", "short"],
    ["MODELWORKS_BOOTSTRAP_TOKEN", "short"],
    ["ALERT_WEBHOOK_URL", "https://ada:word@receiver/hook"],
    ["LOG_LEVEL", "loud"],
  ])("%s=%s is refused by name", (name, value) => {
    expect(message({ [name]: value })).toMatch(new RegExp(`^SettingsError: [^]*\\b${name}: `));
  });

  it("name every variable that cannot be used at once", () => {
    expect(message({ PORT: "x", LOG_LEVEL: "loud" })).toMatch(/PORT: must be a whole number[^]*LOG_LEVEL: /);
  });

  it("refuse demo accounts beyond loopback, one port for two, and half of OIDC", () => {
    expect(message({ HOST: "0.0.0.0" })).toMatch(/HOST is 0\.0\.0\.0.*MODELWORKS_DEMO=off/);
    expect(message({ HOST: "0.0.0.0", MODELWORKS_DEMO: "off" })).toBe("");
    expect(message({ PORT: "8080" })).toMatch(/PORT and GATEWAY_PORT are both 8080/);
    expect(message({ OIDC_ISSUER: "https://id.example" })).toMatch(/OIDC_ISSUER and OIDC_CLIENT_ID/);
  });

  it.each(SECRET_SETTINGS)(
    "take %s from a file, and refuse it given both ways or in a file that is not there",
    (name) => {
      const folder = fs.mkdtempSync(path.join(os.tmpdir(), "mw-env-"));
      const file = path.join(folder, "secret");
      const value = name.startsWith("DATABASE")
        ? "postgres://ada:word@there/db"
        : "a-secret-that-is-long-enough-for-all-of-them";
      fs.writeFileSync(file, `${value}\n`);
      const more = {
        OIDC_ISSUER: "https://id.example",
        OIDC_CLIENT_ID: "x",
        ALERT_WEBHOOK_URL: "https://receiver/hook",
      };
      expect(JSON.stringify(readSettings({ ...more, [`${name}_FILE`]: file }))).toContain(
        JSON.stringify(value),
      );
      expect(message({ [name]: value, [`${name}_FILE`]: file })).toMatch(
        `${name} and ${name}_FILE are both set`,
      );
      fs.rmSync(folder, { recursive: true });
      expect(message({ [`${name}_FILE`]: file })).toMatch(`${name}_FILE cannot be read`);
    },
  );
});

describe("an environment", () => {
  it("is divided: whatever looks like a secret goes by the pipe", () => {
    const secret = {
      DATABASE_URL: "postgres://there",
      AUTH_SECRET: "x",
      AWS_SESSION_TOKEN: "x",
      MY_API_KEY: "x",
      HTTPS_PROXY: "http://ada:word@proxy:3128",
      PIP_EXTRA_INDEX_URL: "https://one/simple https://ada:word@two/simple",
    };
    const plain = { PATH: "/bin", HTTP_PROXY: "http://proxy:3128", AUTH_SECRET_FILE: "/run/secrets/auth" };
    expect(divideEnvironment({ ...plain, ...secret, NONE: undefined })).toEqual({ plain, secret });
  });
});
