//! Read: the text in attached pictures, by the program `tesseract` where it is installed. Where it is not, that is what is
//! noted, and everything else goes on.

mod handler;
mod program;

pub(crate) use handler::run;
pub use program::{Installed, installed};
