// People as drawings: the face that one shows to the lens, and who is seen standing outside.

import { svg } from "./dom.js";

const LOOKS = [
  { skin: "#f0c7a4", shade: "#d9a47e", hair: "#6b3f23", coat: "#2f7d66", style: "long" },
  { skin: "#e9b48d", shade: "#cf9167", hair: "#2a2420", coat: "#a0522d", style: "short" },
  { skin: "#8d5a3b", shade: "#70432a", hair: "#17120f", coat: "#5a5fa8", style: "bun" },
  { skin: "#f3d2b5", shade: "#dcb08c", hair: "#c9a24d", coat: "#93497c", style: "short" },
  { skin: "#b98058", shade: "#9a6541", hair: "#3a3a40", coat: "#5c7a9c", style: "long" },
];
const STRANGER = { skin: "#d8ab88", shade: "#b98a66", hair: "#33363b", coat: "#3d4249", style: "cap" };

const HAIR = {
  long: "M50 17c-15 0-23 11-23 26 0 16-1 25-5 33 9 1 16-1 19-5h18c3 4 10 6 19 5-4-8-5-17-5-33 0-15-8-26-23-26Z",
  short: "M50 18c-14 0-22 9-21 23l1 6c1-8 5-13 9-15 6 2 15 2 22-1 4 2 8 7 9 16l1-6c1-14-7-23-21-23Z",
  bun: "M50 9c4 0 7 3 7 7 9 2 15 11 15 23l-1 8c-2-9-8-14-21-14s-19 5-21 14l-1-8c0-12 6-21 15-23 0-4 3-7 7-7Z",
  cap: "M30 46c-1-5-1-9 0-12h40c1 3 1 7 0 12l-2-6H32Z",
};

/** How far the features of a face move when it turns; seen as the lens sees it, so its left is the picture's right. */
const TURNS = { straight: [0, 0], up: [0, -6], down: [0, 6], left: [7, 0], right: [-7, 0] };

/** What somebody looks like, by the place in the list of people. */
export function looks(name, at) {
  return name.toLowerCase() === "stranger" ? STRANGER : LOOKS[at % LOOKS.length];
}

/** Head and shoulders in a box of 100 by 100; `pose` and what spoils it can be changed with `turn`. */
export function portrait(look) {
  const features = svg(
    "g",
    { class: "features" },
    svg("path", { d: "M39 39.5q3.5-2.5 7 0M54 39.5q3.5-2.5 7 0", class: "eyebrow", stroke: look.hair }),
    svg("circle", { cx: 42.5, cy: 44, r: 2.1, class: "ink" }),
    svg("circle", { cx: 57.5, cy: 44, r: 2.1, class: "ink" }),
    svg("path", { d: "M50 45.5v6.5q0 1.8-2.4 1.6", class: "line", stroke: look.shade }),
    svg("path", { d: "M44.5 58.5q5.5 4 11 0", class: "line", stroke: "#8f4a3c" }),
  );
  return svg(
    "g",
    { class: "figure" },
    look.style === "long" ? svg("path", { d: HAIR.long, fill: look.hair }) : null,
    svg("path", { d: "M14 100c1-17 12-23 27-25h18c15 2 26 8 27 25Z", fill: look.coat }),
    svg("path", { d: "M42 62h16v12c0 5-3.5 8-8 8s-8-3-8-8Z", fill: look.shade }),
    svg("path", { d: "M41 75c2 6 5 9 9 9s7-3 9-9l5 1c-2 9-7 14-14 14s-12-5-14-14Z", class: "collar" }),
    svg("path", { d: "M31 42c0-13 8-21 19-21s19 8 19 21c0 15-9 27-19 27S31 57 31 42Z", fill: look.skin }),
    features,
    look.style === "long" ? svg("path", { d: "M30 45c0-16 8-26 20-26s20 10 20 26c-3-8-8-13-13-15-6 5-17 8-23 8-2 2-3 4-4 7Z", fill: look.hair }) : null,
    look.style === "long" ? null : svg("path", { d: HAIR[look.style], fill: look.hair }),
    look.style === "cap" ? svg("path", { d: "M28 36c-1-13 8-22 22-22s23 9 22 22q-22-6-44 0Zm-4 1q26-9 52 0 3 1 2 4-28-7-56 0-1-3 2-4Z", class: "cap" }) : null,
    svg("path", { d: "M29 48c8 3 34 3 42 0l-1 9c-2 8-9 14-20 14s-18-6-20-14Z", class: "mask" }),
  );
}

/** Let a drawn face look elsewhere. */
export function turn(figure, pose) {
  const [x, y] = TURNS[pose] ?? TURNS.straight;
  figure.querySelector(".features").style.transform = `translate(${x}px, ${y}px)`;
}
