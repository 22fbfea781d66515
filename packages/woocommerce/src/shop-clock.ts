/** A cache may answer with a date of some minutes ago; WooCommerce takes a signature's time within 15 minutes. */
const TRUSTED_WITHIN_MS = 5 * 60_000;

/**
 * The time for signatures (OAuth over plain http). A machine whose clock is set wrong would be refused by the shop for as
 * long as it is: so the shop's own `Date` is believed once it differs by more than any cache explains.
 */
export class ShopClock {
  #offsetMs = 0;

  /** @param date the `Date` header of an answer of the shop's. */
  heard(date: string | undefined): void {
    const toldMs = Date.parse(date ?? '');
    if (Number.isNaN(toldMs)) return;
    const offsetMs = toldMs - Date.now();
    this.#offsetMs = Math.abs(offsetMs) > TRUSTED_WITHIN_MS ? offsetMs : 0;
  }

  epochSeconds(): number {
    return Math.floor((Date.now() + this.#offsetMs) / 1000);
  }
}
