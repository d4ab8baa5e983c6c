import { describe, expect, it } from "vitest";
import { kinds } from "../kinds";
import { measureInWords, verdictsInWords, verdictWord } from "./rules";

describe("verdicts in words", () => {
  it("count what did not pass, the worst first, and who accepted it", () => {
    const verdicts = ["indeterminate", "pass", "fail", "indeterminate", "pass", "indeterminate"];
    expect(verdictsInWords(verdicts)).toBe("1 fails, 3 undecided");
    expect(verdictsInWords(verdicts, "Robin")).toBe("1 fails, 3 undecided, accepted by Robin");
    expect(verdictsInWords(["fail", "error", "fail"])).toBe("2 fail, 1 not judged");
  });

  it("need nobody to accept what passed, and never call nothing a pass", () => {
    expect(verdictsInWords(Array<string>(6).fill("pass"), "Robin")).toBe("all 6 pass");
    expect(verdictsInWords(["pass"])).toBe("1 passes");
    expect(verdictsInWords([])).toBe("not judged");
  });

  it("are the words of the badges of states", () => {
    for (const verdict of ["pass", "fail", "indeterminate", "missing", "skipped"] as const)
      expect(kinds.statuses[verdict].label).toBe(verdictWord(verdict));
  });

  it("let no measure contradict its gate", () => {
    expect(measureInWords("fail", "indeterminate")).toEqual({
      status: "indeterminate",
      label: "Beyond its limit, people decide",
    });
    expect(measureInWords("fail", "fail").status).toBe("fail");
    expect(measureInWords("pass", "fail").status).toBe("pass");
  });
});
