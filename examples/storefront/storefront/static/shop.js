document.querySelectorAll("button.greet").forEach((button) => {
  button.addEventListener("click", () => greet(button.dataset.name));
});

function greet(name) {
  const line = document.createElement("p");
  line.textContent = `Hello ${name}`;
  document.querySelector("main").append(line);
}
