import { expect, it } from "vitest";
import { z } from "zod";
import { checkInput } from "./check-input";
import { lazyResolver } from "./lazy-resolver";

const Input = z.object({ count: z.number(), at: z.enum(["day", "night"]) });

it("tells what is wrong with a form in words, also of an empty number", async () => {
  // As in a browser, where nothing of the server has set the words; each way by itself.
  z.config({ customError: undefined });
  const found = checkInput(Input, { count: null, at: "noon" });
  expect(found.error?.issues.map(({ message }) => message)).toEqual(["is needed", "is one of day, night"]);

  z.config({ customError: undefined });
  const resolve = lazyResolver(() => Promise.resolve(Input));
  const options = { fields: {}, shouldUseNativeValidation: false };
  const { errors } = await resolve({ count: Number.NaN, at: "day" }, undefined, options);
  expect(errors).toMatchObject({ count: { message: "is a number" } });
});
