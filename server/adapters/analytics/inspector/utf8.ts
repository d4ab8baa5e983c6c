/** Checks UTF-8 byte by byte (RFC 3629: no surrogates, no overlong forms, at most U+10FFFF). */
export class Utf8Check {
  private missing = 0;
  private low = 0x80;
  private high = 0xbf;

  /** True while the bytes so far end a character. */
  get complete(): boolean {
    return this.missing === 0;
  }

  /** Takes the next byte (≥ 0x80, or any byte when a character is open); false when it cannot stand there. */
  accept(byte: number): boolean {
    if (this.missing > 0) {
      if (byte < this.low || byte > this.high) return false;
      this.low = 0x80;
      this.high = 0xbf;
      this.missing -= 1;
      return true;
    }
    if (byte < 0x80) return true;
    if (byte >= 0xc2 && byte <= 0xdf) this.missing = 1;
    else if (byte >= 0xe0 && byte <= 0xef) {
      this.missing = 2;
      if (byte === 0xe0) this.low = 0xa0;
      if (byte === 0xed) this.high = 0x9f;
    } else if (byte >= 0xf0 && byte <= 0xf4) {
      this.missing = 3;
      if (byte === 0xf0) this.low = 0x90;
      if (byte === 0xf4) this.high = 0x8f;
    } else return false;
    return true;
  }
}
