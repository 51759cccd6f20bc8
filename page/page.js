"use strict";
// A prediction is asked before its answer shows: until one is made, what follows is held back, up to the next heading,
// and its reveal. This browser remembers what was said. Without this script nothing is held back.
{
  const stem = location.pathname.split("/").pop().replace(/\.html$/, "");
  const parts = [...document.querySelectorAll("article section > :not(section, h1, h2, h3, h4)")];
  const memory = { // a browser may refuse to have one
    get: key => { try { return localStorage.getItem(key); } catch { return null; } },
    set: (key, value) => { try { localStorage.setItem(key, value); } catch { return; } },
  };
  const element = (tag, text, more = {}) => Object.assign(document.createElement(tag), { textContent: text }, more);

  class Prediction {
    constructor(box) {
      const { question, choices, between } = box.dataset;
      this.key = `${stem}: ${question}`;
      this.said = memory.get(this.key); // null: nothing yet; "": read on without
      this.reveal = document.querySelector(`[data-of="${box.id}"]`);
      this.heldBack = this.follows(box);
      this.answers = choices ? this.buttons(choices.split("\n")) : this.field(...between.split(" "));
      this.answers.setAttribute("role", "group");
      this.answers.setAttribute("aria-label", question);
      this.wait = element("p", "Answer to read on. ", { className: "wait" });
      const skip = () => this.say("");
      this.wait.append(element("button", "Read on without an answer", { type: "button", className: "skip", onclick: skip }));
      box.replaceChildren(element("p", `Predict: ${question}`), this.answers, this.wait);
    }

    follows(box) {
      const first = parts.findIndex(part => part.contains(box));
      const end = parts.findIndex((part, k) => k > first && part.parentElement !== parts[first].parentElement);
      const here = parts.slice(first + 1, end < 0 ? parts.length : end);
      return [...here, parts.find(part => part.contains(this.reveal))]; // which may stand in a later section
    }

    buttons(choices) {
      const group = element("div", "", { className: "answers" });
      group.append(...choices.map(choice =>
        element("button", choice, { type: "button", value: choice, onclick: () => this.say(choice) })));
      return group;
    }

    field(min, max) {
      const form = element("form", "", { className: "answers" });
      const number = element("input", "", { type: "number", min, max, step: "any", required: true, value: this.said ?? "" });
      number.placeholder = number.ariaLabel = `a number from ${min} to ${max}`;
      form.onsubmit = event => { event.preventDefault(); this.say(number.value); };
      form.append(number, element("button", "Say it"));
      return form;
    }

    say(said) {
      memory.set(this.key, this.said = said);
      update();
    }

    show() {
      this.wait.hidden = this.said !== null;
      for (const button of this.answers.querySelectorAll("[type=button]")) button.ariaPressed = button.value === this.said;
      this.reveal.querySelector(".said")?.remove();
      const measured = this.reveal.querySelector("strong").textContent;
      const agree = measured === this.said || measured.startsWith(`${this.said} (`);
      const className = agree ? "said agree" : "said";
      if (this.said) this.reveal.prepend(element("span", `You said: ${this.said}. `, { className }));
    }
  }

  const predictions = [...document.querySelectorAll(".course-predict")].map(box => new Prediction(box));
  const update = () => {
    for (const part of parts) part.classList.remove("held");
    for (const one of predictions) {
      one.show();
      if (one.said === null) for (const part of one.heldBack) part.classList.add("held");
    }
  };
  update();
}
