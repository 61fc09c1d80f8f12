"use strict";
(() => {
  const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));

  // Filters: a form names the kind of item that it narrows down; an item says what it is in its data.
  const filters = all("form[data-filters]").map((form) => {
    const items = all(`[data-item="${form.dataset.filters}"]`);
    const told = form.querySelector("[data-shown]");
    let words = null;

    const apply = () => {
      const wanted = new FormData(form);
      const text = (wanted.get("text") ?? "").toLowerCase().split(/\s+/).filter(Boolean);
      if (text.length > 0) words ??= items.map((item) => item.textContent.toLowerCase());
      const boxes = new Set(all("input[type=checkbox]", form).map((box) => box.name));
      const selects = all("select", form).map((select) => select.name);
      let shown = 0;
      items.forEach((item, at) => {
        const passes =
          [...boxes].every((name) => wanted.getAll(name).includes(item.dataset[name])) &&
          selects.every((name) => !wanted.get(name) || wanted.get(name) === item.dataset[name]) &&
          text.every((word) => words[at].includes(word));
        item.hidden = !passes;
        shown += passes ? 1 : 0;
      });
      told.textContent = `${shown} of ${items.length} shown`;
      for (const section of all("main > section")) {
        const own = items.filter((item) => section.contains(item));
        const note = section.querySelector("[data-none]");
        if (own.length === 0 || !note) continue;
        note.hidden = own.some((item) => !item.hidden);
        for (const box of all(".scroll, [data-group]", section)) {
          const inside = own.filter((item) => box.contains(item));
          if (inside.length > 0) box.hidden = inside.every((item) => item.hidden);
        }
      }
    };

    form.hidden = false;
    form.addEventListener("input", apply);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(apply));
    apply();
    return { form, items };
  });

  // A link to something that a filter hides, or that is folded, brings it to light.
  const reveal = () => {
    const id = decodeURIComponent(location.hash.slice(1));
    const target = id && document.getElementById(id);
    if (!target) return;
    for (const { form, items } of filters) {
      if (items.some((item) => item.hidden && item.contains(target))) form.reset();
    }
    for (let at = target; at; at = at.parentElement) {
      if (at.localName === "details") at.open = true;
    }
    // What was never shown has no height of its own yet: where the target stands is known when what is around it is drawn.
    let rounds = 6;
    const settle = () => {
      target.scrollIntoView();
      rounds -= 1;
      if (rounds > 0) requestAnimationFrame(settle);
    };
    setTimeout(settle);
  };
  addEventListener("hashchange", reveal);
  reveal();

  // Traces: one step at a time shows its code.
  const button = (text, label, act) => {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    if (label) made.setAttribute("aria-label", label);
    made.addEventListener("click", act);
    return made;
  };
  for (const trace of all("[data-trace]")) {
    const steps = all(".step", trace);
    if (steps.length < 2) continue;
    const number = trace.dataset.trace;
    let current = 0;
    const bar = document.createElement("div");
    bar.className = "stepper";
    bar.setAttribute("role", "group");
    bar.setAttribute("aria-label", `Steps of finding ${number}`);
    const told = document.createElement("span");
    told.setAttribute("role", "status");

    const show = (at) => {
      current = Math.max(0, Math.min(steps.length - 1, at));
      steps.forEach((step, index) => {
        step.classList.toggle("current", index === current);
        if (index === current) step.setAttribute("aria-current", "step");
        else step.removeAttribute("aria-current");
      });
      back.disabled = current === 0;
      on.disabled = current === steps.length - 1;
      told.textContent = `Step ${current + 1} of ${steps.length}`;
    };
    const fold = (folded) => {
      trace.classList.toggle("stepping", folded);
      whole.setAttribute("aria-pressed", String(!folded));
      for (const part of [back, on, told]) part.hidden = !folded;
    };
    const back = button("Previous", `Previous step of finding ${number}`, () => show(current - 1));
    const on = button("Next", `Next step of finding ${number}`, () => show(current + 1));
    const whole = button("All steps", `All steps of finding ${number}`, () =>
      fold(whole.getAttribute("aria-pressed") === "true"),
    );
    bar.append(back, told, on, whole);
    trace.prepend(bar);
    steps.forEach((step, index) => {
      step.querySelector(".step-head").addEventListener("click", () => show(index));
    });
    trace.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1, Home: -steps.length, End: steps.length };
      if (!(event.key in by) || !trace.classList.contains("stepping")) return;
      event.preventDefault();
      show(current + by[event.key]);
      const next = current === 0 ? on : current === steps.length - 1 ? back : document.activeElement;
      next.focus();
    });
    fold(true);
    show(0);
  }

  // Paper cannot be unfolded.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = all("details:not([open])");
    for (const details of opened) details.open = true;
  });
  addEventListener("afterprint", () => {
    for (const details of opened) details.open = false;
    opened = [];
  });
})();
