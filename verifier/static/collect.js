// Which texts of the camera are to be sent now: pure, and in this page's memory only.
"use strict";

window.Countersign = window.Countersign || {};

(() => {
  const CHUNK = /^shc:\/([1-9]\d?)\/([1-9]\d?)\/\d+$/;
  const GONE_AFTER = 1200; // milliseconds a code must be out of sight before it counts as shown again
  const MAX_CARDS = 3; // side by side, of several codes each

  class Collector {
    constructor() { this.dismissed = new Map(); this.forget(); }

    forget() { this.whole = new Set(); this.parts = new Map(); this.total = 0; }

    // The codes still in sight when "Next" is pressed are not the next guest's.
    dismiss(texts, now) { this.forget(); this.dismissed = new Map(texts.map((text) => [text, now])); }

    // Take the texts of one frame. Answers whether anything new came.
    add(texts, now) {
      let news = false;
      for (const [text, seen] of this.dismissed) if (now - seen > GONE_AFTER) this.dismissed.delete(text);
      for (const text of texts) {
        if (this.dismissed.has(text)) { this.dismissed.set(text, now); continue; }
        const chunk = CHUNK.exec(text);
        if (chunk && Number(chunk[2]) > 1) news = this.part(Number(chunk[1]), Number(chunk[2]), text) || news;
        else if (!this.whole.has(text)) { this.whole.add(text); news = true; }
      }
      return news;
    }

    // One code of a card in several. Where another card's code claims the same place, both stay: the server tells them
    // apart, and a mixture of two cards would be called wrongly made. One card too many begins anew.
    part(index, total, text) {
      const known = this.parts.get(index);
      if (this.total === total && known && known.has(text)) return false;
      if (this.total !== total || (known && known.size === MAX_CARDS)) { this.parts = new Map(); this.total = total; }
      this.parts.set(index, (this.parts.get(index) || new Set()).add(text));
      return true;
    }

    get complete() { return this.total > 0 && this.parts.size === this.total; }

    // Everything that can be judged now: whole codes, and a card's chunks once all are there.
    ready() { return [...this.whole, ...(this.complete ? [...this.parts.values()].flatMap((place) => [...place]) : [])]; }
  }

  window.Countersign.Collector = Collector;
})();
