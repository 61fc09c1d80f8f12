//! Names of images.

/// What an image is called.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Image {
    /// Registry and path.
    pub name: String,
    /// The tag.
    pub tag: Option<String>,
    /// Whether a digest pins it.
    pub digest: bool,
    /// Whether a part of it is a variable that is not known.
    pub variable: bool,
}

/// How firmly a name holds on to one image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pin {
    /// By digest.
    Digest,
    /// By a tag that may be moved.
    Tag,
    /// By a tag that is made to move: `latest`, `stable`, `main`, ….
    Moving,
    /// Not at all.
    Nothing,
    /// Not known: a variable.
    Unknown,
}

impl Image {
    /// Takes a name apart.
    pub fn parse(text: &str) -> Self {
        let variable = text.contains('$') || text.contains("xxxx");
        let (name, digest) = match text.split_once('@') {
            Some((name, _)) => (name, true),
            None => (text, false),
        };
        // A colon before the last slash belongs to the port of a registry.
        let slash = name.rfind('/').map_or(0, |at| at + 1);
        let (name, tag) = match name[slash..].find(':') {
            Some(colon) if !name[slash..slash + colon].contains('$') => {
                (&name[..slash + colon], Some(name[slash + colon + 1..].to_owned()))
            }
            _ => (name, None),
        };
        Self { name: name.to_owned(), tag: tag.filter(|tag| !tag.is_empty()), digest, variable }
    }

    /// How firmly the name holds on to one image.
    pub fn pin(&self) -> Pin {
        const MOVING: &[&str] =
            &["latest", "stable", "main", "master", "edge", "nightly", "rolling", "dev", "develop"];
        if self.digest {
            return Pin::Digest;
        }
        match &self.tag {
            Some(tag) if MOVING.contains(&tag.as_str()) => Pin::Moving,
            _ if self.variable => Pin::Unknown,
            Some(_) => Pin::Tag,
            None => Pin::Nothing,
        }
    }

    /// The last part of the name: `postgres` of `docker.io/library/postgres`.
    pub fn short(&self) -> &str {
        self.name.rsplit('/').next().unwrap_or(&self.name)
    }

    /// Whether it is an image of the official library, whatever mirror it comes from.
    pub fn is_official(&self) -> bool {
        match self.name.rsplit_once('/') {
            None => true,
            Some((folder, _)) => folder.ends_with("library"),
        }
    }

    /// Whether it is the empty image.
    pub fn is_scratch(&self) -> bool {
        self.name == "scratch"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart() {
        for (text, name, tag, pin) in [
            ("python", "python", None, Pin::Nothing),
            ("python:3.12", "python", Some("3.12"), Pin::Tag),
            ("registry:5000/a/b", "registry:5000/a/b", None, Pin::Nothing),
            ("registry:5000/a/b:latest", "registry:5000/a/b", Some("latest"), Pin::Moving),
            ("a@sha256:00", "a", None, Pin::Digest),
            ("a:1@sha256:00", "a", Some("1"), Pin::Digest),
            ("a:$TAG", "a", Some("$TAG"), Pin::Unknown),
            ("$IMAGE", "$IMAGE", None, Pin::Unknown),
        ] {
            let image = Image::parse(text);
            assert_eq!((image.name.as_str(), image.tag.as_deref(), image.pin()), (name, tag, pin), "{text}");
        }
    }
}
