//! Forms, sent as another site would send them.

use crate::{
    cookie::Cookie,
    exchange::{Ask, Purpose},
    page::{Form, is_token_name},
    seen::{FormSeen, page_of},
};

use super::{FOREIGN, Journey, MARKER};

/// Most forms that are sent.
const MAX_FORMS: usize = 5;

impl Journey<'_> {
    pub(super) fn forms(&mut self) {
        if !self.options.submit {
            return;
        }
        self.would(|| format!("{:9} up to {MAX_FORMS} forms that the pages have, without their token, and with it where that leaves a doubt", "POST"));
        for at in self.pages.clone() {
            let Some(page) = page_of(&self.seen.exchanges[at]) else { continue };
            for form in page.forms.into_iter().filter(|form| form.is_post) {
                let known = self.seen.forms.iter().any(|seen| seen.form.action == form.action);
                if known || !self.client.may_ask(&form.action) {
                    continue;
                }
                if is_fateful(&form) || self.seen.forms.len() >= MAX_FORMS {
                    let why = if is_fateful(&form) {
                        "what it does may not be undone"
                    } else {
                        "there are too many"
                    };
                    self.seen
                        .forms_left
                        .push(format!("the form to {} was not sent: {why}", form.action.path()));
                    continue;
                }
                self.form(at, form);
            }
        }
    }

    fn form(&mut self, page: usize, form: Form) {
        // A token belongs to the session that the page was asked in: ask anew, and keep its cookies.
        let Some(fresh) = self.ask(Ask::get(Purpose::Again, &self.seen.exchanges[page].url.clone())) else {
            return;
        };
        let exchange = &self.seen.exchanges[fresh];
        let found = page_of(exchange).into_iter().flat_map(|page| page.forms);
        let form =
            found.into_iter().find(|other| other.is_post && other.action == form.action).unwrap_or(form);
        let cookies: Vec<Cookie> = exchange.answer().map_or_else(Vec::new, |answer| {
            answer.all("set-cookie").filter_map(Cookie::parse).filter(|cookie| !cookie.deletes).collect()
        });
        let index = self.seen.forms.len();
        let jar: Vec<String> =
            cookies.iter().map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect();
        let page_url = exchange.url.clone();
        self.seen.forms.push(FormSeen { form: form.clone(), cookies });
        let ask = |with_token: bool| {
            let ask = Ask::with(Purpose::Form(index, with_token), "POST", &form.action)
                .form(&fields(&form, with_token));
            let ask = match with_token {
                true => ask
                    .header("Origin", page_url.origin().ascii_serialization())
                    .header("Referer", page_url.as_str())
                    .header("Sec-Fetch-Site", "same-origin"),
                false => ask
                    .header("Origin", format!("https://{FOREIGN}"))
                    .header("Referer", format!("https://{FOREIGN}/"))
                    .header("Sec-Fetch-Site", "cross-site"),
            };
            if jar.is_empty() { ask } else { ask.header("Cookie", jar.join("; ")) }
        };
        let sent = self.ask(ask(false));
        let is_clear = sent.and_then(|at| self.seen.exchanges[at].answer()).is_some_and(|answer| {
            matches!(answer.status, 403 | 419) || answer.status == 400 && speaks_of_tokens(answer.body_text())
        });
        if !is_clear {
            self.ask(ask(true));
        }
    }
}

/// Whether a text says that a token is wrong.
pub(crate) fn speaks_of_tokens(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["csrf", "xsrf", "cross-site", "cross site"].iter().any(|word| text.contains(word))
        && [
            "missing",
            "invalid",
            "failed",
            "incorrect",
            "expired",
            "forbidden",
            "mismatch",
            "not valid",
            "did not match",
        ]
        .iter()
        .any(|word| text.contains(word))
}

/// What is sent: harmless words where the page has no value.
fn fields(form: &Form, with_token: bool) -> Vec<(String, String)> {
    let token = form.token().map(|field| field.name.clone());
    let sent = form.fields.iter().filter(|field| {
        let is_token =
            token.as_ref() == Some(&field.name) || is_token_name(&field.name) && field.kind == "hidden";
        (with_token || !is_token) && field.kind != "file"
    });
    sent.map(|field| {
        let value = match field.kind.as_str() {
            _ if !field.value.is_empty() => field.value.clone(),
            "email" => format!("probe@{FOREIGN}"),
            "number" | "range" => "1".to_owned(),
            "url" => format!("https://{FOREIGN}/"),
            "hidden" | "select" | "submit" | "date" | "time" | "tel" => String::new(),
            _ => MARKER.to_owned(),
        };
        (field.name.clone(), value)
    })
    .collect()
}

fn is_fateful(form: &Form) -> bool {
    let text = format!("{} {}", form.buttons, form.action.path()).to_ascii_lowercase();
    [
        "delete",
        "remove",
        "logout",
        "log out",
        "sign out",
        "unsubscribe",
        "pay",
        "order",
        "buy",
        "purchase",
        "cancel",
        "transfer",
    ]
    .iter()
    .any(|word| text.contains(word))
}
