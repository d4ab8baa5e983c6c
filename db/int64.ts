import { customType } from "drizzle-orm/pg-core";

/** A column of 64 bits that clients fill: a number where a double holds the value exactly, else a bigint. */
export const int64 = customType<{ data: number | bigint; driverData: string }>({
  dataType: () => "bigint",
  toDriver: String,
  fromDriver: (digits) => {
    const number = Number(digits);
    return Number.isSafeInteger(number) ? number : BigInt(digits);
  },
});
