import { describe, expect, it } from "vitest";
import { readSettings } from "./env";

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
});
