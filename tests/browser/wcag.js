// What the tests ask a page: how far text and rings of focus stand out, what is reached, what is lost.
globalThis.wcag = (() => {
  const channels = (colour) => (colour.match(/[\d.]+/g) || [0, 0, 0, 0]).map(Number);
  const alpha = (colour) => channels(colour)[3] ?? 1;
  const seen = { visibilityProperty: true, opacityProperty: true };
  const hasWords = (e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());

  const light = (colour) =>
    channels(colour).slice(0, 3).map((v) => v / 255)
      .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
      .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);

  const behind = (e) => {
    for (; e; e = e.parentElement) {
      const ground = getComputedStyle(e).backgroundColor;
      if (alpha(ground) > 0.5) return ground;
    }
    return "rgb(255, 255, 255)";
  };

  const contrast = (ink, e) => {
    const [a, b] = [light(ink), light(behind(e))];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  };

  /** Text of pictures, which axe cannot judge, with less contrast to the page than AA asks. */
  const palePictures = () =>
    [...document.querySelectorAll("svg text, svg tspan")].flatMap((e) => {
      const { fill, fontSize } = getComputedStyle(e);
      if (!hasWords(e) || !e.checkVisibility(seen) || fill === "none" || alpha(fill) < 0.5) return [];
      const ratio = contrast(fill, e);
      if (ratio >= (parseFloat(fontSize) >= 24 ? 3 : 4.5)) return [];
      return [`${e.textContent.slice(0, 40)}: ${fill}, contrast ${ratio.toFixed(2)}`];
    });

  /** What reaches beyond the right edge of a page that scrolls sideways. */
  const tooWide = () => {
    if (document.documentElement.scrollWidth <= innerWidth) return [];
    const beyond = (e) => e.getBoundingClientRect().right > innerWidth + 1;
    return [...document.querySelectorAll("*")].filter(beyond).map((e) => `${e.tagName}.${e.className}`);
  };

  /** Boxes that cut off a part of their words, which nobody can scroll to. */
  const cutOff = () =>
    [...document.querySelectorAll("main :not(mjx-container *)")].flatMap((e) => {
      const { overflowX, overflowY } = getComputedStyle(e);
      const hides = (overflow) => ["hidden", "clip"].includes(overflow);
      const wide = hides(overflowX) && e.scrollWidth > e.clientWidth + 1;
      const high = hides(overflowY) && e.scrollHeight > e.clientHeight + 1;
      if (!(wide || high) || !e.clientWidth || !e.checkVisibility(seen)) return [];
      return e.innerText?.trim() ? [`${e.tagName}.${e.className}: ${e.innerText.slice(0, 40)}`] : [];
    });

  /** Everything that still moves. */
  const moving = () =>
    [...document.querySelectorAll("*")].flatMap((e) => {
      const { transitionDuration, animationName, scrollBehavior } = getComputedStyle(e);
      const still = /^0s(, 0s)*$/.test(transitionDuration) && animationName === "none";
      return still && scrollBehavior === "auto" ? [] : [`${e.tagName}.${e.className}`];
    });

  /** Mark what the keyboard should reach, and say what it is. */
  const stops = () => {
    const reached = "a[href], button, summary, input, select, textarea, [tabindex='0']";
    return [...document.querySelectorAll(reached)]
      .filter((e) => !e.disabled && e.tabIndex >= 0 && e.checkVisibility(seen))
      .map((e, i) => {
        e.dataset.stop = `${i}`;
        return e.outerHTML.slice(0, 120);
      });
  };

  const ring = (e) => {
    const { outlineStyle, outlineWidth, outlineColor, boxShadow } = getComputedStyle(e);
    const inks = [];
    const drawn = outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
    if (drawn || outlineStyle === "auto") inks.push(outlineColor);
    for (const [, ink, spread] of boxShadow.matchAll(/(rgba?\([^)]*\)) 0px 0px 0px ([\d.]+)px/g))
      if (spread >= 2) inks.push(ink);
    return inks.some((ink) => alpha(ink) > 0.5 && contrast(ink, e.parentElement) >= 3);
  };

  /** Where the focus is, and what is wrong there: the mark, then sentences. */
  const focus = () => {
    const e = document.activeElement;
    if (e === document.body) return null;
    const shown = [e, e.parentElement, ...e.querySelectorAll("*")].some(ring);
    const middle = (from, to, end) => (Math.max(from, 0) + Math.min(to, end)) / 2; // of what is seen
    const top = ({ left, right, top, bottom }) =>
      document.elementFromPoint(middle(left, right, innerWidth), middle(top, bottom, innerHeight));
    const places = [e, ...e.children].flatMap((one) => [...one.getClientRects()]);
    const uncovered = places.some((place) => e.contains(top(place)));
    const wrong = [...(shown ? [] : ["no ring of 3:1 around"]), ...(uncovered ? [] : ["covered:"])];
    return [Number(e.dataset.stop ?? -1), wrong.map((one) => `${one} ${e.outerHTML.slice(0, 120)}`)];
  };

  /** The elements whose text looks like none that was judged before, and their looks. */
  const newLooks = (judged) => {
    const grounds = new Map([[null, ""]]);
    const painted = (e) => { // by the element and those around it, behind its text
      if (grounds.has(e)) return grounds.get(e);
      const { backgroundColor, backgroundImage, opacity } = getComputedStyle(e);
      const own = [backgroundColor, backgroundImage, opacity].join();
      const all = painted(e.parentElement) + (own === "rgba(0, 0, 0, 0),none,1" ? "" : `${own};`);
      grounds.set(e, all);
      return all;
    };
    const known = new Set(judged);
    const looks = new Map();
    for (const e of document.body.querySelectorAll("*")) {
      if (e instanceof SVGElement || !(hasWords(e) || e.matches("input, select, textarea"))) continue;
      if (!e.checkVisibility(seen)) continue;
      const { color, fontSize, fontWeight, textShadow } = getComputedStyle(e);
      const look = [e.tagName, color, fontSize, fontWeight, textShadow, painted(e)].join();
      if (!known.has(look) && !looks.has(look)) looks.set(look, e);
    }
    wcag.looks = [...looks.values()];
    return [...looks.keys()];
  };

  return { palePictures, tooWide, cutOff, moving, stops, focus, newLooks };
})();
