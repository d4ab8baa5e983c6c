import { describe, expect, it } from "vitest";
import { Password } from "@/server/identity/schemas";
import { refuseCommonPassword } from "./common-password";

const judged = (password: string) =>
  refuseCommonPassword("newPassword", password, ["ada.lovelace@example.com", "Ada Lovelace"]);

describe("a password that guessing begins with", () => {
  it.each([
    "password1234",
    "123456789012",
    "qwertyuiop12",
    "aaaaaaaaaaaa",
    "abcabcabcabc",
    "passwordpassword",
    "letmein12345",
    "modelworks123",
    "adalovelace1",
    "Lovelace2024",
    "PASSWORD1234",
    "ｐａｓｓｗｏｒｄ１２３４",
    "𝐩𝐚𝐬𝐬𝐰𝐨𝐫𝐝𝟏𝟐𝟑𝟒",
  ])("%s is refused by its field", async (password) => {
    await expect(judged(password)).rejects.toMatchObject({
      code: "invalid",
      details: { fields: { newPassword: expect.any(String) } },
    });
  });

  it.each([
    "correct horse battery",
    "nothing but lower case here",
    "пароль из четырёх слов",
    "8f3kq0zz1mvb",
    "a".repeat(3) + "tall order of plums".repeat(9),
  ])("%s is taken: composition is not asked for", async (password) => {
    await expect(judged(password)).resolves.toBeUndefined();
  });
});

it("is counted in characters that people see, as it is hashed", () => {
  const taken = (password: string) => Password.safeParse(password).success;
  expect(taken("😀".repeat(12))).toBe(true);
  expect(taken("😀".repeat(11))).toBe(false);
  expect(taken("e\u0301".repeat(12))).toBe(true);
  expect(taken("e\u0301".repeat(6))).toBe(false);
});
