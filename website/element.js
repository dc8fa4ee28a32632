/**
 * Make an element. Attributes that are false, null or undefined are left out; a function is an event's listener,
 * under the event's name. Children are elements or text; null and false are left out.
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== false));
  return made;
}

/** A mysfit's portrait. It is decoration: the name is always beside it, unless `name` says otherwise. */
export function portrait(slug, { name = "", size = 200, lazy = false } = {}) {
  return element("img", {
    class: "portrait",
    src: `/portraits/${slug}.svg`,
    alt: name,
    width: size,
    height: size,
    loading: lazy ? "lazy" : null,
  });
}
