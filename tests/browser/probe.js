// Runs inside a page: which parts are drawn, their width, the contrast of the text. See seen_page.py.
(() => {
  const shown = (element) => element.checkVisibility({checkOpacity: true, checkVisibilityCSS: true});
  const name = (element) => {
    const label = element.getAttribute("aria-label") || element.textContent.trim().slice(0, 40);
    return `<${[element.localName, ...element.classList].join(".")}> ${label}`;
  };
  const channels = (colour) => {
    const [r, g, b, a] = colour.match(/[\d.]+/g).map(Number);
    return {rgb: [r, g, b], alpha: a === undefined ? 1 : a};
  };
  const luminance = (colour) => {
    const [r, g, b] = channels(colour).rgb.map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const background = (element) => {
    for (let above = element; above; above = above.parentElement) {
      const colour = getComputedStyle(above).backgroundColor;
      if (channels(colour).alpha === 1) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const contrast = (one, other) => {
    const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const sized = (element) => {
    const box = element.getBoundingClientRect();
    return {width: box.width, height: box.height};
  };
  const texts = [...document.body.querySelectorAll("*")].filter((element) => shown(element)
    && [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim()));
  const colour = (element) => element.closest("svg") ? getComputedStyle(element).fill : getComputedStyle(element).color;
  const width = document.documentElement.clientWidth;
  const inScroller = (element) => {
    for (let above = element.parentElement; above && above !== document.body; above = above.parentElement)
      if (["auto", "scroll"].includes(getComputedStyle(above).overflowX)) return true;
    return false;
  };
  return {
    figures: [...document.querySelectorAll("figure")].map((figure) => {
      const drawing = figure.querySelector("svg");
      const all = (kinds) => (drawing ? [...drawing.querySelectorAll(kinds)] : []);
      const marks = all("path, rect, line, circle, ellipse, polyline, polygon, use");
      const painted = marks.filter((mark) => {
        const style = getComputedStyle(mark), box = mark.getBoundingClientRect();
        return !mark.closest("defs, clipPath") && box.width + box.height > 0
          && (style.fill !== "none" || style.stroke !== "none");
      });
      const letters = all("text").map((text) => sized(text).height);
      return {
        title: (figure.querySelector("h2, h3, h4") || figure.querySelector("figcaption") || figure).textContent.trim(),
        ...(drawing ? sized(drawing) : {width: 0, height: 0}),
        marks: painted.length,
        smallest_text: letters.length ? Math.min(...letters) : 0,
      };
    }),
    scroll_width: document.scrollingElement.scrollWidth,
    too_wide: [...document.body.querySelectorAll("*")]
      .filter((element) => shown(element) && !inScroller(element))
      .filter((element) => element.getBoundingClientRect().right > width + 0.5)
      .map(name),
    contrasts: texts.map((element) => [name(element), contrast(colour(element), background(element))]),
    background: background(document.body),
  };
})()
