//! How the values that a record has at hand are written, made from the fields as they are declared for the engine: nothing is
//! said twice.
//!
//! All of them name `crate::graphql::leaf`, whose traits they implement.

use proc_macro::TokenStream;
use quote::{ToTokens, quote};
use syn::{
    Data, DeriveInput, Error, FnArg, Ident, ImplItem, ImplItemFn, ItemImpl, ReturnType, Type, parse_macro_input,
};

/// Stands above the engine's `#[Object]`. The fields whose methods take nothing but `&self` are at hand: what such a method does
/// is what is written. A method that may fail, or that has an attribute for the engine, is left to it.
#[proc_macro_attribute]
pub fn at_hand(_: TokenStream, item: TokenStream) -> TokenStream {
    let item = parse_macro_input!(item as ItemImpl);
    let record = &item.self_ty;
    let fields =
        item.items.iter().filter_map(|item| if let ImplItem::Fn(method) = item { value(method) } else { None });
    let arms = fields.map(|(name, ty, method)| {
        let (name, block) = (name_of(name), &method.block);
        quote! { #name => crate::graphql::leaf::Held(&(|| -> #ty #block)()).write(to), }
    });
    let arms: Vec<_> = arms.collect();
    let written = implementation(record, &arms);
    quote! {
        #item

        #written
    }
    .into()
}

/// What is written of a record, by an arm for each field.
fn implementation(record: &impl ToTokens, arms: &[impl ToTokens]) -> impl ToTokens {
    quote! {
        // A method may return early, so that its block is that of a closure.
        #[allow(clippy::redundant_closure_call)]
        impl crate::graphql::leaf::AtHand for #record {
            fn write(&self, field: &str, to: &mut Vec<u8>) -> bool {
                // Where every field is a leaf, nothing is left to the engine.
                #[allow(unused_imports)]
                use crate::graphql::leaf::ByEngine as _;
                match field {
                    #(#arms)*
                    _ => false,
                }
            }
        }
    }
}

/// The field that a method is, if it is at hand.
fn value(method: &ImplItemFn) -> Option<(&Ident, &Type, &ImplItemFn)> {
    let takes_itself = matches!(method.sig.inputs.first(), Some(FnArg::Receiver(_))) && method.sig.inputs.len() == 1;
    let for_engine = method.attrs.iter().any(|attribute| attribute.path().is_ident("graphql"));
    let ReturnType::Type(_, ty) = &method.sig.output else { return None };
    let may_fail =
        matches!(&**ty, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "Result"));
    (takes_itself && !for_engine && !may_fail).then_some((&method.sig.ident, &**ty, method))
}

/// As the engine names the field of a method or a struct.
fn name_of(ident: &Ident) -> String {
    let ident = ident.to_string();
    let mut words = ident.trim_start_matches("r#").split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |mut name, word| {
        let mut letters = word.chars();
        name.extend(letters.next().into_iter().flat_map(char::to_uppercase));
        name + letters.as_str()
    })
}

/// The same for a struct whose fields are the record's.
#[proc_macro_derive(AtHand)]
pub fn derive_at_hand(item: TokenStream) -> TokenStream {
    let item = parse_macro_input!(item as DeriveInput);
    let record = &item.ident;
    let Data::Struct(of) = &item.data else {
        return Error::new_spanned(record, "a record is a struct").into_compile_error().into();
    };
    let arms = of.fields.iter().filter_map(|field| field.ident.as_ref()).map(|ident| {
        let name = name_of(ident);
        quote! { #name => crate::graphql::leaf::Held(&self.#ident).write(to), }
    });
    implementation(record, &arms.collect::<Vec<_>>()).into_token_stream().into()
}

/// A word of an enum of the schema stands by itself.
#[proc_macro_derive(Leaf)]
pub fn derive_leaf(item: TokenStream) -> TokenStream {
    let DeriveInput { ident, .. } = parse_macro_input!(item as DeriveInput);
    quote! {
        impl crate::graphql::leaf::Leaf for #ident {
            fn write(&self, to: &mut Vec<u8>) {
                crate::graphql::leaf::word(*self, to);
            }
        }
    }
    .into()
}
